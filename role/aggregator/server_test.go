package aggregator_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// TestServerOptimisers: with each server optimiser, the aggregators agree on its state in each
// round, a stranger recomputes each round, and an aggregator that has lost its store goes on
// with blobs of the others.
func TestServerOptimisers(t *testing.T) {
	for _, optimiser := range []string{spec.ServerFedAvgM, spec.ServerFedAdam, spec.ServerFedYogi, spec.ServerFedAdagrad} {
		t.Run(optimiser, func(t *testing.T) {
			rules := sim.DigitsTask(4)
			rules.Aggregation.Optimiser, rules.Aggregation.Rate, rules.Aggregation.Momentum = optimiser, 50_000, 500_000
			if optimiser == spec.ServerFedAvgM {
				rules.Aggregation.Rate = 500_000
			} else {
				rules.Aggregation.Tau = 10_000
			}
			n := simtest.Open(t, 4, rules)
			simtest.Reach(t, n, 3, spec.PhaseTrain)
			n.Nodes[2].Use(blob.NewMemory())
			task := simtest.Finish(t, n)
			simtest.WantNoErrors(t, n)
			all := simtest.SettledRounds(t, n)
			if len(all) != 4 || all[3].Score <= all[0].Score || all[3].Score < 700_000 {
				t.Errorf("%d rounds (want 4), score from %s to %s (want at least 0.7)", len(all), all[0].Score, all[len(all)-1].Score)
			}
			simtest.WantVerified(t, n, task)
			states := map[spec.Digest]bool{}
			for _, r := range all {
				for _, a := range r.Aggregates {
					if a.Digest != r.Next {
						t.Errorf("round %d: aggregator %d revealed %s, the round accepted %s", r.Number, a.Node, a.Digest.Short(), r.Next.Short())
					}
				}
				file, err := n.Stranger().Model(t.Context(), task, r.Next)
				if err != nil || file.State.IsZero() {
					t.Fatalf("round %d: state %s, %v", r.Number, file.State, err)
				}
				states[file.State] = true
			}
			if len(states) != len(all) {
				t.Errorf("%d different states in %d rounds", len(states), len(all))
			}
		})
	}
}

// stateless is a store that serves models but no optimiser states.
type stateless struct {
	blob.Store
	refused *atomic.Int32
}

func (s stateless) LabelsOf(ctx context.Context, d spec.Digest) ([]blob.Label, error) {
	labels, err := s.Store.LabelsOf(ctx, d)
	if slices.ContainsFunc(labels, func(l blob.Label) bool { return l.Kind == blob.State }) {
		s.refused.Add(1)
		return nil, err
	}
	return labels, err
}

// TestWithheldStateStallsNobody: one aggregator serves models but not the states of the server
// optimiser. Aggregators that have lost their stores get the states from others.
func TestWithheldStateStallsNobody(t *testing.T) {
	rules := sim.DigitsTask(3)
	rules.Aggregation.Optimiser, rules.Aggregation.Rate, rules.Aggregation.Momentum = spec.ServerFedAvgM, 500_000, 500_000
	n := simtest.Open(t, 4, rules)
	var refused atomic.Int32
	n.Nodes[0].Serves = stateless{n.Nodes[0].Serves, &refused}
	for number := uint64(2); number <= 3; number++ {
		simtest.Reach(t, n, number, spec.PhaseTrain)
		n.Nodes[2].Use(blob.NewMemory())
		n.Nodes[3].Use(blob.NewMemory())
	}
	simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	for _, r := range simtest.SettledRounds(t, n) {
		for _, a := range r.Aggregates {
			if a.Digest != r.Next {
				t.Errorf("round %d: aggregator %d revealed %s, the round accepted %s", r.Number, a.Node, a.Digest.Short(), r.Next.Short())
			}
		}
	}
	if refused.Load() == 0 {
		t.Error("nobody asked the aggregator that withholds states: the test shows nothing")
	}
}
