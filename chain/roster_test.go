package chain_test

import (
	"bytes"
	"fmt"
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// TestRosterIsOnlyACache: what a validator keeps of the registry in memory does not influence its
// blocks. Two validators execute the same blocks, in which rounds abort, rounds select trainers and
// nodes come and go. One of them restarts often and also checks transactions. Both have the same
// state after every block.
func TestRosterIsOnlyACache(t *testing.T) {
	const trainers = 6
	one, two := training(t, trainers, nil), training(t, trainers, nil)
	var res taskpb.QueryTaskResponse
	one.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: 1}, &res)
	asked := res.Task.Spec.ToSpec()
	asked.Deadlines.Train, asked.Retries, asked.Selection.Trainers = 3*spec.Second, spec.MaxRetries, 2
	both := func(txs ...[]byte) {
		t.Helper()
		one.all(txs...)
		two.all(txs...)
		if a, b := one.LastCommitID().Hash, two.LastCommitID().Hash; !bytes.Equal(a, b) {
			t.Fatalf("height %d: app hashes %x and %x", one.height, a, b)
		}
	}
	tell := func(name string, msg sdk.Msg) {
		t.Helper()
		tx := one.says(name, 10_000, int(one.height), msg)
		two.check(tx)
		both(tx)
	}
	slots := func(name string, slots uint32) *nodepb.MsgUpdate {
		var res nodepb.QueryNodeResponse
		one.ask("/althing.node.v1.Query/NodeByOwner", &nodepb.QueryNodeByOwner{Owner: account(name).String()}, &res)
		res.Node.Profile.Slots = slots
		return &nodepb.MsgUpdate{Owner: account(name).String(), Profile: res.Node.Profile}
	}
	for _, name := range []string{"aggregator", "evaluator", "trainer0", "trainer1", "trainer2", "trainer3"} {
		tell(name, slots(name, 4))
	}
	tell("ann", &taskpb.MsgCreate{Owner: account("ann").String(), Spec: taskpb.TaskSpecFromSpec(asked)})
	model := spec.DigestOf([]byte("model 0"))
	for _, name := range []string{"aggregator", "evaluator"} {
		tx := one.says(name, 0, 0, &taskpb.MsgReady{Owner: account(name).String(), Task: 2, Digest: model[:]})
		both(tx)
	}
	for i := range 200 {
		name := fmt.Sprint("trainer", i%trainers)
		switch i % 5 {
		case 0:
			tell(name, slots(name, uint32(3+i%7)))
		case 1:
			tell(name, &nodepb.MsgDeactivate{Owner: account(name).String()})
		case 2:
			tell(fmt.Sprint("trainer", (i-1)%trainers), &nodepb.MsgActivate{Owner: account(fmt.Sprint("trainer", (i-1)%trainers)).String()})
		case 3:
			two.open()
		case 4:
			both()
		}
	}
	two.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: 2}, &res)
	if res.Task.Round < 5 {
		t.Errorf("task 2 is in round %d: want several rounds that have selected trainers", res.Task.Round)
	}
}
