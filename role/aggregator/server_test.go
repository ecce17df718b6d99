package aggregator_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// TestServerOptimisers trains under each server optimiser. All aggregators agree
// on what it remembers, a stranger recomputes each round, and one that lost its
// blobs in the middle goes on with those of its peers.
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
				t.Errorf("%d rounds, score from %s to %s", len(all), all[0].Score, all[len(all)-1].Score)
			}
			states := map[spec.Digest]bool{}
			for _, r := range all {
				for _, a := range r.Aggregates {
					if a.Digest != r.Next {
						t.Errorf("round %d: aggregator %d is out of step", r.Number, a.Node)
					}
				}
				if got, err := aggregator.Verify(t.Context(), n.Stranger(), task, r); err != nil || got != r.Next {
					t.Errorf("round %d: a stranger finds %s, %v", r.Number, got.Short(), err)
				}
				file, err := n.Stranger().Model(t.Context(), task, r.Next)
				if err != nil || file.State.IsZero() {
					t.Fatalf("round %d: state %s, %v", r.Number, file.State, err)
				}
				states[file.State] = true
			}
			if len(states) != len(all) {
				t.Errorf("%d states in %d rounds", len(states), len(all))
			}
		})
	}
}

// miser shows models, and withholds what is remembered behind them.
type miser struct {
	blob.Store
	refused *atomic.Int32
}

func (m miser) LabelsOf(ctx context.Context, d spec.Digest) ([]blob.Label, error) {
	labels, err := m.Store.LabelsOf(ctx, d)
	if slices.ContainsFunc(labels, func(l blob.Label) bool { return l.Kind == blob.State }) {
		m.refused.Add(1)
		return nil, err
	}
	return labels, err
}

// TestWithheldState: an aggregator that agrees on the models, and serves them, but
// refuses what is remembered behind them, stalls nobody who has lost it.
func TestWithheldState(t *testing.T) {
	rules := sim.DigitsTask(3)
	rules.Aggregation.Optimiser, rules.Aggregation.Rate, rules.Aggregation.Momentum = spec.ServerFedAvgM, 500_000, 500_000
	n := simtest.Open(t, 4, rules)
	var refused atomic.Int32
	n.Nodes[0].Serves = miser{n.Nodes[0].Serves, &refused}
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
				t.Errorf("round %d: aggregator %d is out of step", r.Number, a.Node)
			}
		}
	}
	if refused.Load() == 0 {
		t.Error("nobody asked who withholds")
	}
}
