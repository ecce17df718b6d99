package task_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// kinds is an empty message for each method of the service.
func kinds() (all []sdk.Msg) {
	for _, method := range taskpb.Msg_serviceDesc.Methods {
		kind := proto.MessageType("althing.task.v1.Msg" + method.MethodName)
		all = append(all, reflect.New(kind.Elem()).Interface().(sdk.Msg))
	}
	return all
}

// kindOf returns the index of a message's kind in [kinds].
func kindOf(msg sdk.Msg) uint8 {
	return uint8(slices.IndexFunc(kinds(), func(like sdk.Msg) bool { return sdk.MsgTypeURL(like) == sdk.MsgTypeURL(msg) }))
}

// FuzzMessage decodes any bytes as a message of any kind and sends it to a task in each phase. A refused
// message changes nothing, an accepted one loses no money, and nothing panics, not even at the end
// of the block.
func FuzzMessage(f *testing.F) {
	add := func(msg sdk.Msg, phase, node uint8) {
		raw, err := proto.Marshal(msg)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kindOf(msg), phase, node, raw)
	}
	var phases []*world
	for at, phase := range slices.DeleteFunc(spec.Phases(), spec.Phase.Final) {
		w := network(f, 6, 4, 4)
		id := w.create("alice", digits())
		w.play(id, 1, phase)
		phases = append(phases, w)
		for _, msg := range w.owed(id) {
			add(msg, uint8(at), 0)
		}
	}
	add(&taskpb.MsgCreate{Owner: account("bob"), Spec: taskpb.TaskSpecFromSpec(digits())}, 1, 0)
	add(&taskpb.MsgCancel{Owner: account("alice"), Task: 1}, 1, 0)
	add(&taskpb.MsgAccuse{Task: 1, Round: 1, Aggregator: 7, Trainer: 1, First: taskpb.Given{Commitment: make([]byte, 32), Signature: make([]byte, 64)}}, 1, 0)
	two := func(first, second sdk.Msg) {
		add(&taskpb.MsgAccuseAnswers{Owner: account("bob"), Task: 1, First: written(first), Second: written(second)}, 1, 0)
	}
	two(&taskpb.MsgAttest{Owner: owner(7), Task: 1, Round: 1, Holds: []byte{1}}, &taskpb.MsgAttest{Owner: owner(7), Task: 1, Round: 1, Holds: []byte{2}})
	two(&taskpb.MsgRevealScore{Owner: owner(11), Task: 1, Round: 1, Salt: make([]byte, 32)}, &taskpb.MsgRevealScore{Owner: owner(11), Task: 1, Round: 1, Score: 1, Salt: make([]byte, 32)})
	two(&taskpb.MsgCancel{Owner: owner(7), Task: 1}, &taskpb.MsgAttest{})
	add(&taskpb.MsgReady{Task: 1, Digest: make([]byte, 32)}, 1, 8)
	add(&taskpb.MsgAttest{Task: 1, Round: 1, Holds: []byte{0xff, 0xff}}, 1, 10)
	add(&taskpb.MsgReady{Task: 1, Digest: make([]byte, 32)}, 1, 9)
	add(&taskpb.MsgAttest{Task: 1, Round: 1, Holds: []byte{0xff, 0xff}}, 1, 11)
	add(&taskpb.MsgUpdateModel{Authority: governors(), Task: 1, Base: make([]byte, 32), Settings: []taskpb.Setting{{Name: "training.rate", Value: 1}}}, 1, 3)
	add(&taskpb.MsgAttestModel{Task: 1, Model: make([]byte, 32)}, 1, 11)
	f.Fuzz(func(t *testing.T, kind, phase, node uint8, raw []byte) {
		msg := kinds()[int(kind)%len(kinds())]
		if proto.Unmarshal(raw, msg) != nil {
			return
		}
		if node > 0 { // bytes alone seldom spell an address
			setOwner(msg, append([]string{account("alice"), account("bob"), governors()}, owners(15)...)[node%18])
		}
		w := *phases[int(phase)%len(phases)]
		w.failer = t
		w.ctx, _ = w.ctx.CacheContext()
		before, owed := w.everything(), w.Owed(w.ctx, msg)
		err := w.run(w.ctx, msg)
		if owed != (err == nil && owing(msg)) {
			t.Fatalf("owed %t, and %v: %v", owed, msg, err)
		}
		if err != nil && w.everything() != before {
			t.Fatalf("%v is refused (%v) but changes something", msg, err)
		}
		w.end()
		w.solvent()
		w.moved(t)
	})
}

// owing reports whether a node can owe messages of this kind.
func owing(msg sdk.Msg) bool {
	switch msg.(type) {
	case *taskpb.MsgCreate, *taskpb.MsgCancel, *taskpb.MsgAccuse, *taskpb.MsgAccuseAnswers, *taskpb.MsgUpdateModel, *taskpb.MsgUpdateParams:
		return false
	}
	return true
}

func owners(n uint64) (all []string) {
	for id := uint64(1); id <= n; id++ {
		all = append(all, owner(id))
	}
	return all
}
