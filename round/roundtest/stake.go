package roundtest

import (
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// bonding is a task that holds the whole stake of each of its nodes.
func bonding() spec.TaskSpec {
	asked := digits()
	asked.Selection.MinStake = stake
	return asked
}

func (w *twins) node(id uint64) spec.Node {
	w.Helper()
	n, ok := w.one.Node(id)
	if !ok {
		w.Fatalf("there is no node %d", id)
	}
	return n
}

// slash burns a part of a node's bond in a task, and checks the burned amount in uthing.
func (w *twins) slash(task, node uint64, part spec.PPM, jail bool, want uint64) {
	w.Helper()
	err := w.do("a slash", func(world World) error {
		burned, err := world.Slash(task, node, part, jail)
		if burned != want {
			w.Fatalf("%T: node %d loses %d of what task %d holds: want %d", world, node, burned, task, want)
		}
		return err
	})
	if err != nil {
		w.Fatalf("node %d: %v", node, err)
	}
}

// bonds: a task holds the bond of a node from the node's first part in it to the last. The bond
// cannot be unbonded and cannot back another task. A node in two running rounds of a task has
// one bond there.
func bonds(w *twins) {
	asked := bonding()
	asked.Overlap = true
	id := openTask(w, asked)
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	for _, node := range []uint64{1, 6, 10} {
		if n := w.node(node); n.Bonded != stake || n.FreeStake() != 0 {
			w.Fatalf("node %d serves a task, and its bond is %d of a stake of %d, want all", node, n.Bonded, n.Stake)
		}
		if err := w.do("a bond that leaves", func(world World) error { return world.Unbond(node, 1) }); err == nil {
			w.Fatalf("node %d unbonds stake that a task holds", node)
		}
	}
	other := w.task("bob", bonding())
	w.reach(behaviour{}, id, 2, spec.PhaseTrain)
	if s := w.state(other).Task; s.State != spec.TaskWaiting {
		w.Fatalf("a second task got nodes whose stake is bonded: %+v", s)
	}
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
	w.finishAll()
	for node := uint64(1); node <= 13; node++ {
		if n := w.node(node); n.Bonded != 0 || n.Stake != stake {
			w.Fatalf("no task is open, and tasks hold %d of the stake %d of node %d", n.Bonded, n.Stake, node)
		}
	}
	greedy := bonding()
	greedy.Selection.MinStake = Rules().MaxBond + 1
	if _, err := w.create(w.fund("carol", 5*spec.Thing), greedy); reason(err) != round.ErrSpec.Why {
		w.Fatalf("a task that requires more than the largest bond: %v", err)
	}
}

// slashes: a slash burns a part of the bond and jails the node, which keeps its parts in the task
// and the rest of its stake. A bond that the task has given back, and stake that is unbonding,
// can still be slashed. Stake that has been paid out cannot.
func slashes(w *twins) {
	id := openTask(w, bonding())
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	w.slash(id, 6, 50_000, true, stake/20)
	if n := w.node(6); n.State != spec.NodeJailed || n.Stake != stake-stake/20 || n.Bonded != stake {
		w.Fatalf("a node that lost a twentieth: %+v", n)
	}
	if err := w.do("an early end of jail", func(world World) error { return world.Unjail(6) }); err == nil {
		w.Fatalf("the node leaves jail at once")
	}
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing) // the jailed node serves to the end
	w.pause(Rules().Jail)
	if err := w.do("a stake that is too small", func(world World) error { return world.Unjail(6) }); err == nil {
		w.Fatalf("the node leaves jail with less than the minimum stake")
	}
	if err := w.do("more stake", func(world World) error { return world.AddStake(6, stake/20) }); err != nil {
		w.Fatalf("%v", err)
	}
	if err := w.do("the end of jail", func(world World) error { return world.Unjail(6) }); err != nil || !w.node(6).Selectable() {
		w.Fatalf("the node stays in jail: %v, %+v", err, w.node(6).Deposit)
	}

	w.slash(id, 7, 10_000, false, stake/100) // the task has given its bond back
	if err := w.exit(8); err != nil {
		w.Fatalf("%v", err)
	}
	w.slash(id, 8, 10_000, true, stake/100)      // its stake is unbonding
	w.slash(id, 8, spec.One, false, 9*stake/100) // at most a tenth per day can be slashed
	if n := w.node(8); n.State != spec.NodeUnbonding || n.Unbonding[0].Amount != stake-stake/10 {
		w.Fatalf("an unbonding node that lost a tenth: %+v", n)
	}
	w.pause(Rules().Unbonding)
	w.end()
	if n := w.node(8); n.State != spec.NodeExited || w.one.Balance(n.Owner) != 2*stake-stake/10+40_000 { // 40000 is its pay of two rounds
		w.Fatalf("the node has not left with the rest of its stake: %+v", n)
	}
	w.slash(id, 8, spec.One, true, 0)
	if again, err := w.register(w.account("node8"), profile("node8", spec.Aggregator, 4), stake); err != nil || again != 14 || w.node(again).Reputation != round.NewStanding().Reputation {
		w.Fatalf("its account registers again as node %d: %v; want node 14 with the reputation of a newcomer", again, err)
	}
}

// declaredLeave: a trainer becomes inactive before it is selected. It loses only the pay of the
// rounds in which it does not serve, and nobody else loses anything.
func declaredLeave(w *twins) {
	w.populate(5, 4, 4, 4)
	w.setActive(1, false)
	id := w.task("alice", digits())
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
	if n := w.node(1); n.State != spec.NodePending || len(n.History) > 0 || n.Reputation != round.NewStanding().Reputation {
		w.Fatalf("an inactive node: %+v, want no change of its reputation", n)
	}
	w.wantEarned(0, 375_000, 375_000, 375_000, 375_000)
	for node := uint64(2); node <= 5; node++ {
		if _, blamed := w.node(node).Blame(); blamed {
			w.Fatalf("node %d was blamed: %+v", node, w.node(node).History)
		}
	}
	w.setActive(1, true)
	id = w.task("bob", digits())
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	if w.state(id).Round.Trainer(1) < 0 {
		w.Fatalf("the node is active again, and is not selected: %+v", w.state(id).Round.Trainers)
	}
	w.finish(behaviour{}, id, spec.TaskReached, 2*spec.Thing)
}
