package taskpb_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// said is an input of each kind that an account may say.
func said(t *rapid.T) []round.Input {
	return []round.Input{
		rapid.Make[round.Ready]().Draw(t, "ready"),
		rapid.Make[round.Commit]().Draw(t, "commit"),
		rapid.Make[round.Attest]().Draw(t, "attest"),
		rapid.Make[round.CommitAggregate]().Draw(t, "commit aggregate"),
		rapid.Make[round.RevealAggregate]().Draw(t, "reveal aggregate"),
		rapid.Make[round.CommitScore]().Draw(t, "commit score"),
		rapid.Make[round.RevealScore]().Draw(t, "reveal score"),
		round.Cancel{Owner: "ann"},
	}
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
			node := uint64(0) // the chain's word, not the message's
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

// Whatever the service takes means something to a round, but for the message that
// makes a task.
func TestEveryMessageIsTranslated(t *testing.T) {
	for _, method := range taskpb.Msg_serviceDesc.Methods {
		kind := proto.MessageType("althing.task.v1.Msg" + method.MethodName)
		_, err := taskpb.InputOf(reflect.New(kind.Elem()).Interface().(proto.Message), 1)
		understood := err == nil || strings.Contains(err.Error(), "salt of 0 bytes")
		if create := method.MethodName == "Create"; understood == create {
			t.Errorf("%s: %v", method.MethodName, err)
		}
	}
}

func TestWhatNobodySaysIsNoMessage(t *testing.T) {
	for _, in := range []round.Input{round.Tick{}, round.Select{}, nil} {
		if m, err := taskpb.MessageOf("ann", 1, in); !errors.Is(err, round.ErrMalformed) {
			t.Errorf("%T: %v, %v", in, m, err)
		}
	}
}

func TestMalformedMessageIsRefused(t *testing.T) {
	salt, short := make([]byte, len(spec.Salt{})), make([]byte, 31)
	for want, m := range map[string]proto.Message{
		"digest: digest of 31 bytes: want 32":     &taskpb.MsgReady{Digest: short},
		"commitment: digest of 31 bytes: want 32": &taskpb.MsgCommit{Commitment: short},
		"salt of 0 bytes: want 32":                &taskpb.MsgRevealScore{},
		"salt of 33 bytes: want 32":               &taskpb.MsgRevealAggregate{Salt: append(salt, 0)},
		"no round reads a *taskpb.MsgCreate":      &taskpb.MsgCreate{},
	} {
		if in, err := taskpb.InputOf(m, 1); in != nil || !errors.Is(err, round.ErrMalformed) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%T: got %v, %v; want %s", m, in, err, want)
		}
	}
}
