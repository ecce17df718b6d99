package role_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// governedTask is a task that votes may change, with a server optimiser that has a state.
func governedTask(rounds uint32) spec.TaskSpec {
	rules := sim.DigitsTask(rounds)
	rules.Governed = true
	rules.Aggregation.Optimiser, rules.Aggregation.Rate, rules.Aggregation.Momentum = spec.ServerFedAvgM, 500_000, 500_000
	return rules
}

// untilAttested runs the network until a number of aggregators have attested the nominee.
func untilAttested(t *testing.T, n *sim.Network, count int) {
	t.Helper()
	simtest.Until(t, n, func(task spec.Task, _ spec.Round) bool { return len(task.Nominee.Attested) >= count })
}

// blocks runs the network for a number of blocks.
func blocks(t *testing.T, n *sim.Network, count int) {
	t.Helper()
	for range count {
		simtest.Step(t, n)
	}
}

// TestVoteChangesHyperparameters: a running round ends with the settings with which it began.
// Trainers, aggregators and auditors use the settings of the vote from the next round on.
func TestVoteChangesHyperparameters(t *testing.T) {
	run := func(settings ...spec.Tuning) (*sim.Network, spec.Task) {
		n := simtest.Open(t, 3, governedTask(4))
		simtest.Reach(t, n, 2, spec.PhaseTrain)
		if len(settings) > 0 {
			simtest.Say(t, n, round.Amend{Proposal: 1, Settings: settings})
		}
		task := simtest.Finish(t, n)
		simtest.WantNoErrors(t, n)
		simtest.WantVerified(t, n, task)
		return n, task
	}
	plain, _ := run()
	same, _ := run(spec.Tuning{Name: "training.rate", Value: uint64(governedTask(1).Training.Rate)})
	trained, _ := run(spec.Tuning{Name: "training.rate", Value: 20_000})
	both, task := run(spec.Tuning{Name: "aggregation.rate", Value: 250_000})
	for i, want := range simtest.SettledRounds(t, plain) {
		changed := want.Number > 2
		if got := simtest.SettledRounds(t, same)[i]; got.Next != want.Next {
			t.Errorf("round %d: a vote for the present settings changes the model", want.Number)
		}
		for what, n := range map[string]*sim.Network{"training": trained, "aggregation": both} {
			if got := simtest.SettledRounds(t, n)[i]; (got.Next != want.Next) != changed {
				t.Errorf("round %d: a vote in round 2 on %s settings changes the model: %t", want.Number, what, got.Next != want.Next)
			}
		}
	}
	unrevised := task
	unrevised.Revisions = nil
	for _, r := range simtest.SettledRounds(t, both) {
		_, err := aggregator.Verify(t.Context(), both.Stranger(), unrevised, r)
		if (err != nil) != (r.Number > 2) {
			t.Errorf("round %d, recomputed with the settings of the task file: got error %v, want one after round 2 only", r.Number, err)
		}
	}
}

// TestVoteRollsBack: a rollback needs no node to serve the earlier model: the aggregators of a
// governed task keep all models and states after their retention period.
func TestVoteRollsBack(t *testing.T) {
	rules := governedTask(5)
	rules.Retain = spec.MinDuration
	n := simtest.Open(t, 3, rules)
	task, r := simtest.Reach(t, n, 4, spec.PhaseTrain)
	first := simtest.Round(t, n, 1)
	for _, node := range n.Nodes[:4] {
		if _, err := role.Prune(t.Context(), node.Tools, n.Records(), role.Saw{Now: n.Time() + 1_000_000, Duties: role.Duties(task, []spec.Round{r})}); err != nil {
			t.Fatal(err)
		}
	}
	n.Nodes[2].Use(blob.NewMemory()) // it has to fetch from the others
	simtest.Say(t, n, round.Nominate{Proposal: 3, Model: first.Next})
	untilAttested(t, n, 4)
	simtest.Say(t, n, round.Amend{Proposal: 3, Model: first.Next})
	_, next := simtest.Reach(t, n, 5, spec.PhaseTrain)
	if next.Base != first.Next {
		t.Errorf("round 5 begins with %s: want %s", next.Base.Short(), first.Next.Short())
	}
	task = simtest.Finish(t, n)
	for _, number := range []uint64{4, 5} {
		r := simtest.Round(t, n, number)
		if got, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err != nil || got != r.Next {
			t.Errorf("round %d: a stranger recomputes model %s (%v), want %s", r.Number, got.Short(), err, r.Next.Short())
		}
	}
}

// joinHolder adds a node that serves blobs and is not in the task's committee.
func joinHolder(t *testing.T, n *sim.Network) *sim.Node {
	t.Helper()
	node, err := n.Join(sim.Member{Roles: spec.Aggregator})
	if err != nil {
		t.Fatal(err)
	}
	return node
}

// foreignModel is a model file that no round of the task has made.
func foreignModel(t *testing.T, m spec.Model) []byte {
	t.Helper()
	weights, err := model.Init(m)
	if err != nil {
		t.Fatal(err)
	}
	weights[0] += 0.25
	b, err := model.File{Model: m, Weights: weights}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVoteAdoptsForeignWeights: aggregators fetch the weights from the node that the proposal
// names. The task can use them after that node has left.
func TestVoteAdoptsForeignWeights(t *testing.T) {
	n := simtest.Open(t, 3, governedTask(3))
	task, _ := simtest.Reach(t, n, 1, spec.PhaseTrain)
	serves := joinHolder(t, n)
	d, err := aggregator.Offer(t.Context(), serves.Tools.Store, task, 5, foreignModel(t, task.Spec.Model))
	if err != nil {
		t.Fatal(err)
	}
	simtest.Say(t, n, round.Nominate{Proposal: 5, Model: d, Holder: serves.ID})
	untilAttested(t, n, 3)
	simtest.Say(t, n, round.Amend{Proposal: 5, Model: d})
	serves.Crash() // the aggregators have the weights
	_, r := simtest.Reach(t, n, 2, spec.PhaseTrain)
	if r.Base != d {
		t.Errorf("round 2 begins with %s: want %s", r.Base.Short(), d.Short())
	}
	simtest.WantVerified(t, n, simtest.Finish(t, n))
}

// TestVoteWantsWhatIsNotThere: no honest aggregator attests a model that nobody serves or that
// has another architecture, and f lying aggregators are too few to adopt it. The task goes on
// with its own model.
func TestVoteWantsWhatIsNotThere(t *testing.T) {
	other := spec.Model{Kind: spec.ModelSoftmax, Inputs: 65, Classes: 10}
	for name, c := range map[string]struct {
		offer func(t *testing.T, n *sim.Network, node *sim.Node, task spec.Task) spec.Digest
		liars []uint64
		want  string // in the errors of the aggregators
	}{
		"nobody serves it": {
			func(*testing.T, *sim.Network, *sim.Node, spec.Task) spec.Digest {
				return spec.DigestOf([]byte("nothing"))
			},
			nil, "not found",
		},
		"one aggregator attests what it does not hold": {
			func(*testing.T, *sim.Network, *sim.Node, spec.Task) spec.Digest {
				return spec.DigestOf([]byte("nothing"))
			},
			[]uint64{1, 2},
			"not found",
		},
		"another architecture": {
			func(t *testing.T, _ *sim.Network, node *sim.Node, task spec.Task) spec.Digest {
				b := foreignModel(t, other)
				if _, err := aggregator.Offer(t.Context(), node.Tools.Store, task, 5, b); !errors.Is(err, model.ErrModel) {
					t.Errorf("offering it: got error %v, want %v", err, model.ErrModel)
				}
				l := blob.Label{
					Ref:   blob.Ref{Kind: blob.Model, Slot: task.Slot(0, 0), Proposal: 5},
					Entry: blob.Entry{Digest: spec.DigestOf(b), Size: int64(len(b))},
				}
				if err := role.PutBlob(t.Context(), node.Tools.Store, b, l); err != nil {
					t.Fatal(err)
				}
				return l.Digest
			},
			nil, "want softmax 64-10",
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := simtest.Open(t, 3, governedTask(3))
			task, _ := simtest.Reach(t, n, 1, spec.PhaseTrain)
			serves := joinHolder(t, n)
			d := c.offer(t, n, serves, task)
			simtest.Say(t, n, round.Nominate{Proposal: 5, Model: d, Holder: serves.ID})
			for _, liar := range c.liars {
				simtest.Say(t, n, round.AttestModel{Node: liar, Model: d})
			}
			simtest.Reach(t, n, 2, spec.PhaseAttest)
			err := n.Say(1, round.Amend{Proposal: 5, Model: d})
			if task, _ := simtest.Newest(t, n); !errors.Is(err, round.ErrUnattested) || !slices.Equal(task.Nominee.Attested, c.liars) {
				t.Errorf("got error %v, want %v; attested by %v, want %v", err, round.ErrUnattested, task.Nominee.Attested, c.liars)
			}
			simtest.Say(t, n, round.Withdraw{Proposal: 5})
			task = simtest.Finish(t, n)
			simtest.WantVerified(t, n, task)
			if err := n.Errs(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("errors of the nodes are %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestIncidentTornado2023SwappedPayload: holders vote on a digest, and the holder node serves
// other bytes under it than the voters have seen. If aggregators attest without fetching, the
// task adopts a model on which nobody can train, and fails. If they attest only what they hold,
// it is never adopted.
func TestIncidentTornado2023SwappedPayload(t *testing.T) {
	for _, unseen := range []bool{true, false} {
		n := simtest.Open(t, 3, governedTask(3))
		task, _ := simtest.Reach(t, n, 1, spec.PhaseTrain)
		serves := joinHolder(t, n)
		voted, err := aggregator.Offer(t.Context(), serves.Tools.Store, task, 5, foreignModel(t, task.Spec.Model))
		if err != nil {
			t.Fatal(err)
		}
		evil := foreignModel(t, task.Spec.Model)
		evil[len(evil)-1] ^= 1
		serves.Serves = swapped{serves.Tools.Store, voted, evil}
		simtest.Say(t, n, round.Nominate{Proposal: 5, Model: voted, Holder: serves.ID})
		if unseen {
			for node := uint64(1); node <= 3; node++ {
				simtest.Say(t, n, round.AttestModel{Node: node, Model: voted})
			}
		}
		blocks(t, n, 8)
		err = n.Say(1, round.Amend{Proposal: 5, Model: voted})
		if adopts := err == nil; adopts != unseen {
			t.Errorf("attested without fetching: %t: adopted: %t (%v)", unseen, adopts, err)
		}
		task = simtest.Finish(t, n)
		if harmed := task.Accepted < 3; harmed != unseen {
			t.Errorf("attested without fetching: %t: task %s after %d accepted rounds: %s", unseen, task.State, task.Accepted, task.Reason)
		}
	}
}

// TestVoteRollsBackAModelForMembers: the trainers of the present round may fetch the earlier
// model to which a vote rolls back, and strangers still may not.
func TestVoteRollsBackAModelForMembers(t *testing.T) {
	rules := governedTask(5)
	rules.Audit, rules.Model.Access = spec.AuditMembers, spec.AccessMembers
	n := simtest.Open(t, 3, rules)
	simtest.Reach(t, n, 3, spec.PhaseTrain)
	late, err := n.Join(sim.Member{Roles: spec.Trainer, Rows: n.Nodes[first-1].Table})
	if err != nil {
		t.Fatal(err)
	}
	wanted := simtest.Round(t, n, 1).Next
	simtest.Reach(t, n, 4, spec.PhaseTrain)
	simtest.Say(t, n, round.Nominate{Proposal: 3, Model: wanted})
	untilAttested(t, n, 4)
	simtest.Say(t, n, round.Amend{Proposal: 3, Model: wanted})
	task, r := simtest.Reach(t, n, 5, spec.PhaseAttest)
	if i := r.Trainer(late.ID); r.Base != wanted || i < 0 || r.Trainers[i].Height == 0 {
		t.Errorf("round 5 begins with %s, want %s; the trainer that joined in round 3 must have trained", r.Base.Short(), wanted.Short())
	}
	if r := simtest.Round(t, n, 2); r.Trainer(late.ID) >= 0 {
		t.Error("the trainer took part in the round that began with that model: the test shows nothing")
	}
	if _, err := n.Stranger().Model(t.Context(), task, wanted); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("a stranger gets the model: error %v, want %v", err, blob.ErrNotFound)
	}
	simtest.Finish(t, n)
}
