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

// slash has a part of a node's bond in a task burned, and wants that to be so much.
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

// bonds has a task hold what it requires from the first part of a node to the last: it
// cannot leave, and backs no other task. A round that is being scored and the next one
// have one bond between them.
func bonds(w *twins) {
	asked := bonding()
	asked.Overlap = true
	id := single(w, asked)
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	for _, node := range []uint64{1, 6, 10} {
		if n := w.node(node); n.Bonded != stake || n.FreeStake() != 0 {
			w.Fatalf("node %d serves, and tasks hold %d of %d", node, n.Bonded, n.Stake)
		}
		if err := w.do("a bond that leaves", func(world World) error { return world.Unbond(node, 1) }); err == nil {
			w.Fatalf("node %d unbonds what a task holds", node)
		}
	}
	other := w.task("bob", bonding())
	w.reach(cast{}, id, 2, spec.PhaseTrain)
	if s := w.state(other).Task; s.State != spec.TaskWaiting {
		w.Fatalf("two tasks hold the same stake: %+v", s)
	}
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
	w.silence()
	for node := uint64(1); node <= 13; node++ {
		if n := w.node(node); n.Bonded != 0 || n.Stake != stake {
			w.Fatalf("no task is open, and tasks hold %d of %d of node %d", n.Bonded, n.Stake, node)
		}
	}
	greedy := bonding()
	greedy.Selection.MinStake = Rules().MaxBond + 1
	if _, err := w.create(w.fund("carol", 5*spec.Thing), greedy); reason(err) != round.ErrSpec.Why {
		w.Fatalf("a task that requires more than any may: %v", err)
	}
}

// slashes takes a part of a bond, jails the node, and leaves it its task and the rest of
// its stake. What was given back meanwhile, or is on its way out, pays all the same; what
// has left does not.
func slashes(w *twins) {
	id := single(w, bonding())
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	w.slash(id, 6, 50_000, true, stake/20)
	if n := w.node(6); n.State != spec.NodeJailed || n.Stake != stake-stake/20 || n.Bonded != stake {
		w.Fatalf("a node that lost a twentieth: %+v", n)
	}
	if err := w.do("an early end of jail", func(world World) error { return world.Unjail(6) }); err == nil {
		w.Fatalf("it leaves jail at once")
	}
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing) // it serves to the end
	w.pause(Rules().Jail)
	if err := w.do("a stake that is too small", func(world World) error { return world.Unjail(6) }); err == nil {
		w.Fatalf("it returns with less than the least stake")
	}
	if err := w.do("more stake", func(world World) error { return world.AddStake(6, stake/20) }); err != nil {
		w.Fatalf("%v", err)
	}
	if err := w.do("the end of jail", func(world World) error { return world.Unjail(6) }); err != nil || !w.node(6).Selectable() {
		w.Fatalf("it stays in jail: %v, %+v", err, w.node(6).Deposit)
	}

	w.slash(id, 7, 10_000, false, stake/100) // the task has given its bond back
	if err := w.exit(8); err != nil {
		w.Fatalf("%v", err)
	}
	w.slash(id, 8, 10_000, true, stake/100)      // it is on its way out
	w.slash(id, 8, spec.One, false, 9*stake/100) // and no more than a tenth in a day
	if n := w.node(8); n.State != spec.NodeUnbonding || n.Unbonding[0].Amount != stake-stake/10 {
		w.Fatalf("a node on its way out that lost a tenth: %+v", n)
	}
	w.pause(Rules().Unbonding)
	w.end()
	if n := w.node(8); n.State != spec.NodeExited || w.one.Balance(n.Owner) != 2*stake-stake/10+40_000 { // what it earned in two rounds
		w.Fatalf("it has not left with the rest: %+v", n)
	}
	w.slash(id, 8, spec.One, true, 0)
	if again, err := w.register(w.account("node8"), profile("node8", spec.Aggregator, 4), stake); err != nil || again != 14 || w.node(again).Reputation != round.NewStanding().Reputation {
		w.Fatalf("its account begins anew as node %d: %v", again, err)
	}
}

// leave has a trainer go before it is selected: that costs it nothing but the pay of
// what it does not do, and costs nobody else anything.
func leave(w *twins) {
	w.populate(5, 4, 4, 4)
	w.setActive(1, false)
	id := w.task("alice", digits())
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
	if n := w.node(1); n.State != spec.NodePending || len(n.History) > 0 || n.Reputation != round.NewStanding().Reputation {
		w.Fatalf("a node on leave: %+v", n)
	}
	w.earned(0, 375_000, 375_000, 375_000, 375_000)
	for node := uint64(2); node <= 5; node++ {
		if _, blamed := w.node(node).Blame(); blamed {
			w.Fatalf("node %d was blamed: %+v", node, w.node(node).History)
		}
	}
	w.setActive(1, true)
	id = w.task("bob", digits())
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	if w.state(id).Round.Trainer(1) < 0 {
		w.Fatalf("it has returned, and is not selected: %+v", w.state(id).Round.Trainers)
	}
	w.finish(cast{}, id, spec.TaskReached, 2*spec.Thing)
}
