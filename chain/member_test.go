package chain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/tokenpb"
	"github.com/althing-network/althing/spec"
)

// node returns the registry's record of a node.
func (a assembly) node(id uint64) spec.Node {
	a.Helper()
	var res nodepb.QueryNodeResponse
	if r := a.ask("/althing.node.v1.Query/Node", &nodepb.QueryNode{Id: id}, &res); r.Code != 0 {
		a.Fatal(r.Log)
	}
	return must(res.Node.ToSpec())
}

// TestNobodyAdmitsAlone: no account can admit a node without stake, raise a node's stake or remove a
// node with the messages that only a passed proposal may send.
func TestNobodyAdmitsAlone(t *testing.T) {
	a := assembly{trainingBy(t, brief(t), 2, nil, func(s *spec.TaskSpec) { s.Governed = true })}
	a.gas = 1_000_000
	a.does("bob", register("bob", 0)) // node 5 applies
	r := a.rules()
	r.nodes.Stakes.Trainer.Min = 1
	base := spec.DigestOf([]byte("model 0"))
	before := a.contents()
	for _, who := range []string{"validator", "bob", "ann"} { // the one that decides every vote, the one that gains, and the owner of the task
		for _, mine := range []bool{true, false} {
			as := authority()
			if mine {
				as = account(who).String()
			}
			for _, msg := range []sdk.Msg{
				&nodepb.MsgAddParticipant{Authority: as, Node: 5, Grant: 5 * chain.Thing},
				&nodepb.MsgRemoveParticipant{Authority: as, Node: 3, Reason: "no"},
				&tokenpb.MsgMint{Authority: as, To: account(who).String(), Amount: 1},
				&taskpb.MsgUpdateModel{Authority: as, Task: 1, Base: base[:], Settings: []taskpb.Setting{{Name: "training.rate", Value: 1}}},
				&nodepb.MsgUpdateParams{Authority: as, Params: r.nodes},
				&taskpb.MsgUpdateParams{Authority: as, Tariff: r.pay},
			} {
				if mine {
					a.refused("", who, msg)
					continue
				}
				if res := a.block(a.says(who, 30_000, 0, msg))[0]; res.Code == 0 {
					t.Fatalf("%s can send %T in the name of proposals", who, msg)
				}
			}
		}
	}
	if keys := differ(of(before, "node", "task", "model", "dao", "timelock", "gov"), of(a.contents(), "node", "task", "model", "dao", "timelock", "gov")); len(keys) > 1 {
		t.Errorf("these keys differ: %v", keys) // beside the clock of tasks
	}
	if n := a.node(5); n.State != spec.NodePending || n.Stake > 0 {
		t.Errorf("bob's node is %+v", n.Deposit)
	}
}

// TestGrantedStakeHasNoVote: a node that a vote has admitted cannot vote with its granted stake, and
// does not get it when it leaves. Its own stake has a vote and is returned.
func TestGrantedStakeHasNoVote(t *testing.T) {
	a := assemble(t)
	supply := a.supply().Total
	a.does("bob", register("bob", 0))
	a.carriesOut(&nodepb.MsgAddParticipant{Authority: authority(), Node: 1, Grant: 5 * chain.Thing})
	if n := a.node(1); n.State != spec.NodeActive || n.Granted != 5*chain.Thing || a.supply().Total != supply+5*chain.Thing {
		t.Fatalf("node 1 is %+v, there are %d", n, a.supply().Total)
	}
	a.refused("insufficient voting power", "bob", proposal(t, "bob", 10*chain.Thing, dearer(26)))
	a.refused("", "bob", &nodepb.MsgUnbond{Owner: account("bob").String(), Amount: 1})
	a.does("bob", &nodepb.MsgBond{Owner: account("bob").String(), Amount: 3 * chain.Thing})
	id := a.proposes("validator", dearer(26))
	a.does("bob", vote("bob", id, govv1.OptionNo))
	if p := a.poll(id); p.Tally.No != 3*chain.Thing || p.Total != 103*chain.Thing {
		t.Errorf("bob's vote: %+v", p)
	}
	before := a.balance("bob")
	a.does("bob", &nodepb.MsgExit{Owner: account("bob").String()})
	if a.supply().Total != supply {
		t.Errorf("there are %d, want the %d without the grant", a.supply().Total, supply)
	}
	a.now = a.now.Add(1000 * time.Second)
	a.wait(delay + grace) // until no open proposal can still hold the stake
	if got := a.balance("bob"); got != before-30_000+3*chain.Thing {
		t.Errorf("bob had %d and has %d, want what is his own", before, got)
	}
}

// TestRemovedNodeFinishes: a node that a vote has removed is not selected for later rounds and has no
// vote. As a member of a running task's committee it still does its duties, is paid for them, and
// then gets its own stake back.
func TestRemovedNodeFinishes(t *testing.T) {
	a := assembly{trainingBy(t, brief(t), 3, nil, func(s *spec.TaskSpec) { s.Target = spec.Target{Rounds: 3} })}
	a.gas = 1_000_000
	remove := func(id uint64) *nodepb.MsgRemoveParticipant {
		return &nodepb.MsgRemoveParticipant{Authority: authority(), Node: id, Reason: "no more"}
	}
	a.carriesOut(remove(1), remove(3)) // the only aggregator, and a trainer
	for _, id := range []uint64{1, 3} {
		n := a.node(id)
		if n.State != spec.NodeUnbonding || !n.Removed || n.Stake != 0 || len(n.Unbonding) != 1 {
			t.Fatalf("node %d is %+v", id, n)
		}
		name := a.nameOf(id)
		a.refused("insufficient voting power", name, proposal(t, name, 5*chain.Thing))
		a.refused("", name, &nodepb.MsgCancelUnbond{Owner: account(name).String(), Number: n.Unbonding[0].Number})
		a.refused("", name, &nodepb.MsgBond{Owner: account(name).String(), Amount: chain.Thing})
	}
	id := a.proposes("validator", dearer(26))
	a.refused("insufficient voting power", "aggregator", vote("aggregator", id, govv1.OptionNo))
	rounds := map[uint64][]uint64{} // trainers of each
	a.gas = 200_000
	for blocks := 0; !a.over(); blocks++ {
		if blocks == 200 {
			t.Fatalf("the task never ends: %s", a.where())
		}
		for number := uint64(1); ; number++ {
			var res taskpb.QueryRoundResponse
			if a.ask("/althing.task.v1.Query/Round", &taskpb.QueryRound{Task: 1, Number: number}, &res).Code != 0 {
				break
			}
			var trainers []uint64
			for _, p := range must(res.Round.ToSpec()).Trainers {
				trainers = append(trainers, p.Node)
			}
			rounds[number] = trainers
		}
		a.all(a.honest()...)
	}
	if want := map[uint64][]uint64{1: {3, 4, 5}, 2: {4, 5}, 3: {4, 5}}; !cmp.Equal(rounds, want) {
		t.Errorf("these have trained: %v, want %v", rounds, want)
	}
	if at := a.where(); strings.Contains(at, "failed") {
		t.Errorf("the task is %s", at)
	}
	before := map[string]uint64{"aggregator": a.balance("aggregator"), "trainer0": a.balance("trainer0")}
	for name, had := range before {
		if had <= 9*chain.Thing-10_000 {
			t.Errorf("%s has %d: it was paid nothing", name, had)
		}
	}
	a.now = a.now.Add(1000 * time.Second)
	a.wait(10 * time.Second)
	for name, had := range before {
		if got := a.balance(name); got != had+chain.Thing {
			t.Errorf("%s had %d and has %d: want its stake", name, had, got)
		}
	}
	for _, id := range []uint64{1, 3} {
		if n := a.node(id); n.State != spec.NodeExited || n.Locked() > 0 {
			t.Errorf("node %d has not left: %+v", id, n)
		}
	}
}

// TestNobodyIsKept: members of a task that a vote has changed can leave with their stakes when the
// task has ended, and the versions that they made can still be read. A proposal that passes later
// does not prolong the unbonding that was valid when they began to leave.
func TestNobodyIsKept(t *testing.T) {
	a := governed(t, 3)
	base := spec.DigestOf([]byte("model 0"))
	a.carriesOut(&taskpb.MsgUpdateModel{Authority: authority(), Task: 1, Base: base[:], Settings: []taskpb.Setting{{Name: "training.rate", Value: 1}}})
	for blocks := 0; !a.over(); blocks++ {
		if blocks == 200 {
			t.Fatalf("the task never ends: %s", a.where())
		}
		a.gas = 200_000
		a.all(a.honest()...)
		a.gas = 1_000_000
	}
	l, v, cards := a.lines(1)
	if len(v.Versions) < 3 {
		t.Fatalf("there are %d versions", len(v.Versions))
	}
	before := a.balance("trainer1")
	for _, name := range []string{"aggregator", "evaluator", "trainer0", "trainer1", "trainer2"} {
		a.does(name, &nodepb.MsgExit{Owner: account(name).String()})
	}
	left := a.now
	r := a.rules()
	r.nodes.UnbondingSeconds *= 10 // for those who leave later
	a.carriesOut(r.update("node"))
	a.now = left.Add(1001 * time.Second)
	a.wait(10 * time.Second)
	if got := a.balance("trainer1"); got != before-30_000+chain.Thing {
		t.Errorf("trainer1 had %d and has %d", before, got)
	}
	l2, v2, cards2 := a.lines(1)
	if d := cmp.Diff([]any{l, v, cards}, []any{l2, v2, cards2}); d != "" {
		t.Errorf("after all have left:\n%s", d)
	}
}
