package role_test

import (
	"testing"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/evaluator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// TestCopierIsFirst: a node sees another node's commitment on its way to the chain, and submits
// it first. It gains nothing. It keeps its victim out of the round only if the victim does not
// commit again under another salt.
func TestCopierIsFirst(t *testing.T) {
	for name, c := range map[string]struct {
		victim, copier uint64
		phase          spec.Phase
		copied         func(t *testing.T, n *sim.Network, victim, by uint64) round.Input
		commitsAgain   func(role.Action) bool
		wanted         func(r spec.Round) bool // the victim takes part in the round, the copier does not
	}{
		"update": {
			first, first + 1, spec.PhaseTrain,
			func(t *testing.T, n *sim.Network, victim, by uint64) round.Input {
				var done trainer.Trained
				simtest.Recall(t, n, victim, trainer.TrainKey(1, 1), &done)
				return round.Commit{Node: by, Round: 1, Commitment: done.Commitment, Samples: 9}
			},
			func(a role.Action) bool { t, ok := a.(trainer.Train); return ok && !t.Copied.IsZero() },
			func(r spec.Round) bool { return r.Trainers[0].Survivor && !r.Trainers[1].Survivor },
		},
		"aggregate": {
			1, 2, spec.PhaseAggregate,
			func(t *testing.T, n *sim.Network, victim, by uint64) round.Input {
				var done aggregator.Combined
				simtest.Recall(t, n, victim, "combine-1-1", &done)
				return round.CommitAggregate{Node: by, Round: 1, Commitment: spec.AggregateCommitment(simtest.Slot(1, victim), done.Model, done.Salt)}
			},
			func(a role.Action) bool { c, ok := a.(aggregator.Combine); return ok && !c.Copied.IsZero() },
			func(r spec.Round) bool { return r.Aggregates[0].Revealed > 0 && r.Aggregates[1].Revealed == 0 },
		},
		"score": {
			5, 6, spec.PhaseScore,
			func(t *testing.T, n *sim.Network, victim, by uint64) round.Input {
				var done evaluator.Scored
				simtest.Recall(t, n, victim, "score-1-1", &done)
				return round.CommitScore{Node: by, Round: 1, Commitment: done.Commitment}
			},
			func(a role.Action) bool { s, ok := a.(evaluator.Score); return ok && !s.Copied.IsZero() },
			func(r spec.Round) bool { return r.Scores[0].Revealed > 0 && r.Scores[1].Revealed == 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, defended := range []bool{false, true} {
				n := simtest.Open(t, 4, sim.DigitsTask(1))
				victim, copier := n.Nodes[c.victim-1], n.Nodes[c.copier-1]
				victim.Refuses, copier.Refuses = simtest.IsCommitment, simtest.IsCommitment
				simtest.Reach(t, n, 1, c.phase)
				simtest.Step(t, n)
				if err := n.Say(1, c.copied(t, n, victim.ID, copier.ID)); err != nil {
					t.Fatal(err)
				}
				simtest.WantErr(t, n.Say(1, c.copied(t, n, victim.ID, victim.ID)), round.ErrCopied)
				victim.Refuses = func(a role.Action) bool { return !defended && c.commitsAgain(a) }
				victim.Restart() // so it must recall its commitment from the journal
				simtest.Until(t, n, func(_ spec.Task, r spec.Round) bool { return r.Phase.Final() || r.Number > 1 })
				r, err := n.Round(1, 1)
				if err != nil {
					t.Fatal(err)
				}
				if c.wanted(r) != defended {
					t.Errorf("defended %t: the round ends in phase %s (%s) with %+v %+v %+v", defended, r.Phase, r.Reason, r.Trainers, r.Aggregates, r.Scores)
				}
				if defended && r.Phase != spec.PhaseSettled {
					t.Errorf("the round is in phase %s (%s), want %s", r.Phase, r.Reason, spec.PhaseSettled)
				}
			}
		})
	}
}
