package sim_test

import (
	"testing"
	"time"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// bonded is a task that takes a bond of 1 THING of each node, which is its whole stake.
func bonded(rounds uint32) spec.TaskSpec {
	asked := sim.DigitsTask(rounds)
	asked.Selection.MinStake = spec.Thing
	return asked
}

// isReveal reports whether an action reveals an aggregate. An aggregator that refuses these
// commits and never reveals.
func isReveal(a role.Action) bool {
	s, sends := a.(role.Send)
	_, reveals := s.Input.(round.RevealAggregate)
	return sends && reveals
}

// stake is what a node has locked, in uthing.
func stake(n *sim.Network, node uint64) uint64 {
	has, _ := n.Node(node)
	return has.Locked()
}

// TestAttack17NoReveal: two of four aggregators commit and do not reveal, so no round makes
// a model. Without the defence, when slashing is off, they lose nothing. With it, each loses
// a part of its bond in each round, which is burned. If no aggregator reveals, as after a
// deadline that nobody can meet, nobody is slashed.
func TestAttack17NoReveal(t *testing.T) {
	play := func(maxSlash spec.PPM, hiding int) (*sim.Network, spec.Task) {
		asked := bonded(2)
		asked.Retries = 3
		n := digits(t, sim.Config{}, 3, asked)
		n.Rules.MaxSlash = maxSlash
		for _, node := range n.Nodes[:hiding] {
			node.Refuses = isReveal
		}
		return n, finish(t, n)
	}
	n, task := play(0, 2)
	if task.State != spec.TaskFailed || task.Accepted != 0 || n.Burned() != 0 {
		t.Fatalf("without the defence the attack fails: task %s after %d models, %d uthing burned", task.State, task.Accepted, n.Burned())
	}
	n, task = play(spec.One/10, 2)
	const rounds = 4
	left := spec.Thing
	for range rounds {
		left -= left / 200 // of the bond, which is at most the stake that is left
	}
	if task.Round != rounds || n.Burned() != 2*(spec.Thing-left) {
		t.Errorf("%d rounds, %d uthing burned: want %d and %d", task.Round, n.Burned(), rounds, 2*(spec.Thing-left))
	}
	for node := uint64(1); node <= 11; node++ {
		has, _ := n.Node(node)
		want := spec.Thing
		if node <= 2 {
			want = left
		}
		if has.Stake != want || has.State == spec.NodeJailed {
			t.Errorf("node %d is %s with a stake of %d uthing: want %d", node, has.State, has.Stake, want)
		}
	}
	t.Logf("four rounds cost each of the two aggregators %d uthing; the consumer paid %d uthing, of %d per round", spec.Thing-left, task.Paid, task.Spec.PerRound())
	n, task = play(spec.One/10, sim.Aggregators)
	if task.State != spec.TaskFailed || n.Burned() != 0 {
		t.Errorf("no aggregator reveals: task %s, %d uthing burned: want failed and 0", task.State, n.Burned())
	}
}

// TestAttack17WrongAggregate: an aggregator publishes a wrong model in every round. Without
// the defence, when slashing is off, it loses nothing. With it, the aggregator loses 1/50
// of its bond per round, at most 1/10 of its stake per day, and is jailed, so later tasks
// do not select it.
func TestAttack17WrongAggregate(t *testing.T) {
	const rounds = 8
	play := func(maxSlash spec.PPM) (*sim.Network, spec.Task) {
		n := digits(t, sim.Config{}, 3, bonded(rounds))
		n.Rules.MaxSlash = maxSlash
		n.Nodes[0].Machines = func() []role.Machine { return []role.Machine{&aggregator.Machine{Node: 1, Liar: true}} }
		n.Nodes[0].Restart()
		return n, finish(t, n)
	}
	n, task := play(0)
	if len(task.Faults) != 1 || stake(n, 1) != spec.Thing {
		t.Fatalf("without the defence the attack fails: faults %v, stake %d", task.Faults, stake(n, 1))
	}
	n, task = play(spec.One / 10)
	liar, _ := n.Node(1)
	if task.Accepted != rounds || n.Burned() != spec.Thing/10 || liar.Stake != spec.Thing-spec.Thing/10 || liar.State != spec.NodeJailed {
		t.Errorf("%d models, %d uthing burned, the liar is %s with %d: want %d models, %d burned, jailed", task.Accepted, n.Burned(), liar.State, liar.Stake, rounds, spec.Thing/10)
	}
	for node := uint64(2); node <= 11; node++ {
		if stake(n, node) != spec.Thing {
			t.Errorf("honest node %d has a stake of %d uthing: want %d", node, stake(n, node), spec.Thing)
		}
	}
}

// TestAttackSlowTrainerIsLeftOut: a trainer with 93% of the rows takes almost three times
// as long as the others. Without patience no round includes its update, though the deadline
// is far; with patience every round from the second on does.
func TestAttackSlowTrainerIsLeftOut(t *testing.T) {
	const rounds = 4
	play := func(patience spec.PPM) (in []uint64, score spec.PPM) {
		table, err := data.Digits()
		if err != nil {
			t.Fatal(err)
		}
		train, holdout, err := data.Holdout(table, spec.One/5, 1)
		if err != nil {
			t.Fatal(err)
		}
		n := sim.New(sim.Config{Takes: func(n *sim.Node, a role.Action) time.Duration {
			switch _, trains := a.(trainer.Train); {
			case !trains:
				return 10 * time.Millisecond
			case n.Table.Rows() > 1000:
				return 2900 * time.Millisecond
			}
			return time.Second
		}})
		join := func(role spec.Role, rows data.Table) {
			if _, err := n.Join(sim.Member{Roles: role, Rows: rows}); err != nil {
				t.Fatal(err)
			}
		}
		for range 4 {
			join(spec.Aggregator, data.Table{})
		}
		join(spec.Evaluator, holdout)
		const small = 4
		rows := make([]int, train.Rows())
		for i := range rows {
			rows[i] = i
		}
		large := len(rows) * 93 / 100
		join(spec.Trainer, train.Select(rows[:large])) // node 6
		for i := range small {
			rest := rows[large:]
			join(spec.Trainer, train.Select(rest[i*len(rest)/small:(i+1)*len(rest)/small]))
		}
		asked := sim.DigitsTask(rounds)
		asked.Selection.Evaluators, asked.Selection.Patience = 1, patience
		if _, err := n.Open("consumer", asked); err != nil {
			t.Fatal(err)
		}
		task := finish(t, n)
		for number := uint64(1); number <= task.Round; number++ {
			r, err := n.Round(1, number)
			if err != nil {
				t.Fatal(err)
			}
			if r.Trainers[r.Trainer(6)].Survivor {
				in = append(in, number)
			}
		}
		return in, task.Score
	}
	in, without := play(0)
	if len(in) != 0 {
		t.Fatalf("without patience the slow trainer is in rounds %v: want none", in)
	}
	in, with := play(spec.MaxPatience)
	if len(in) != rounds-1 || in[0] != 2 {
		t.Errorf("with patience the slow trainer is in rounds %v: want 2 to %d", in, rounds)
	}
	t.Logf("score without its rows %s, with them %s", without, with)
}
