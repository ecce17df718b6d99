package taskpb_test

import (
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/quick"

	"github.com/cosmos/gogoproto/proto"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// said draws an input of each kind that an account may send, with random content.
func said(t *rapid.T) []round.Input {
	random := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
	all := []round.Input{round.Cancel{Owner: "ann"}}
	if in, ok := quick.Value(reflect.TypeFor[round.TwoReceipts](), random); ok {
		all = append(all, in.Interface().(round.Input))
	}
	for _, kind := range round.Answers() {
		in, ok := quick.Value(reflect.TypeOf(kind), random)
		if !ok {
			t.Fatalf("nothing can be drawn for a %T", kind)
		}
		if d, ok := reflect.TypeAssert[round.Decline](in); ok {
			d.Why = rapid.SampledFrom(spec.Declines()).Draw(t, "why")
			in = reflect.ValueOf(d)
		}
		all = append(all, in.Interface().(round.Input))
	}
	return all
}

func TestInputComesBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, want := range said(t) {
			sent, err := taskpb.MessageOf("ann", 7, want)
			if err != nil {
				t.Fatal(err)
			}
			if sent.GetOwner() != "ann" || sent.GetTask() != 7 {
				t.Fatalf("%T is said by %q to task %d", sent, sent.GetOwner(), sent.GetTask())
			}
			raw, err := proto.Marshal(sent)
			if err != nil {
				t.Fatal(err)
			}
			received := reflect.New(reflect.TypeOf(sent).Elem()).Interface().(taskpb.Message)
			if err := proto.Unmarshal(raw, received); err != nil {
				t.Fatal(err)
			}
			node := uint64(0) // set by the chain, not by the message
			if from := reflect.ValueOf(want).FieldByName("Node"); from.IsValid() {
				node = from.Uint()
			}
			got, err := taskpb.InputOf(received, node)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("(-want +got):\n%s", d)
			}
		}
	})
}

// Every message of the service is an input of a round, except the one that creates a task, the one that
// accuses with transactions and those of passed proposals. Every kind of answer of a round is a
// message.
func TestEveryMessageIsTranslated(t *testing.T) {
	var got []string
	for _, method := range taskpb.Msg_serviceDesc.Methods {
		m := reflect.New(proto.MessageType("althing.task.v1.Msg" + method.MethodName).Elem())
		for _, f := range reflect.VisibleFields(m.Elem().Type()) {
			if field := m.Elem().FieldByIndex(f.Index); field.Type() == reflect.TypeFor[[]byte]() {
				field.SetBytes(make([]byte, 32)) // as long as a digest and a salt
				if f.Name == "Signature" {
					field.SetBytes(make([]byte, len(spec.Signature{})))
				}
			}
		}
		in, err := taskpb.InputOf(m.Interface().(proto.Message), 1)
		if other := slices.Contains([]string{"Create", "AccuseAnswers", "UpdateModel", "UpdateParams"}, method.MethodName); other != (err != nil) {
			t.Errorf("%s: %v", method.MethodName, err)
		}
		if err == nil {
			got = append(got, fmt.Sprintf("%T", in))
		}
	}
	want := []string{"round.Cancel", "round.TwoReceipts"}
	for _, kind := range round.Answers() {
		want = append(want, fmt.Sprintf("%T", kind))
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("answers of round.Answers and what messages mean (-want +got):\n%s", d)
	}
}

func TestInputsOfTheChainAreNoMessages(t *testing.T) {
	for _, in := range []round.Input{round.Tick{}, round.Select{}, round.TwoAnswers{}, nil} {
		if m, err := taskpb.MessageOf("ann", 1, in); !errors.Is(err, round.ErrMalformed) {
			t.Errorf("%T: %v, %v", in, m, err)
		}
	}
}

func TestMalformedMessageIsRefused(t *testing.T) {
	salt, short := make([]byte, len(spec.Salt{})), make([]byte, 31)
	for want, m := range map[string]proto.Message{
		"digest: digest of 31 bytes: want 32":              &taskpb.MsgReady{Digest: short},
		"commitment: digest of 31 bytes: want 32":          &taskpb.MsgCommit{Commitment: short},
		"signature of 31 bytes: want 64":                   &taskpb.MsgCommit{Signature: short},
		"salt of 0 bytes: want 32":                         &taskpb.MsgRevealScore{},
		"salt of 33 bytes: want 32":                        &taskpb.MsgRevealAggregate{Salt: append(salt, 0)},
		"message *taskpb.MsgCreate is no input of a round": &taskpb.MsgCreate{},
	} {
		if in, err := taskpb.InputOf(m, 1); in != nil || !errors.Is(err, round.ErrMalformed) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%T: got %v, %v; want %s", m, in, err, want)
		}
	}
}
