package role_test

import (
	"net/http"
	"path"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/roletest"
	"github.com/althing-network/althing/spec"
)

// TestServerOptimisers trains under each server optimiser. All aggregators agree
// on what it remembers, a stranger recomputes each round, and one that lost its
// blobs in the middle goes on with those of its peers.
func TestServerOptimisers(t *testing.T) {
	for _, optimiser := range []string{spec.ServerFedAvgM, spec.ServerFedAdam, spec.ServerFedYogi, spec.ServerFedAdagrad} {
		t.Run(optimiser, func(t *testing.T) {
			n := roletest.Digits(t, 4)
			rules := roletest.DigitsTask(4)
			rules.Aggregation.Optimiser, rules.Aggregation.Rate, rules.Aggregation.Momentum = optimiser, 50_000, 500_000
			if optimiser == spec.ServerFedAvgM {
				rules.Aggregation.Rate = 500_000
			} else {
				rules.Aggregation.Tau = 10_000
			}
			if err := rules.Validate(); err != nil {
				t.Fatal(err)
			}
			n.Create(rules)
			n.Reach(1, 3, spec.PhaseTrain)
			n.Nodes[2].Use(blob.NewMemory())
			n.Finish(1)
			wantNoErrors(t, n)
			all := rounds(t, n)
			if len(all) != 4 || all[3].Score <= all[0].Score || all[3].Score < 700_000 {
				t.Errorf("%d rounds, score from %s to %s", len(all), all[0].Score, all[len(all)-1].Score)
			}
			states := map[spec.Digest]bool{}
			for _, r := range all {
				task, _ := n.Look(1)
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

// TestWithheldState: an aggregator that agrees on the models, and serves them, but
// refuses what is remembered behind them, stalls nobody who has lost it.
func TestWithheldState(t *testing.T) {
	n := roletest.Digits(t, 4)
	rules := roletest.DigitsTask(3)
	rules.Aggregation.Optimiser, rules.Aggregation.Rate, rules.Aggregation.Momentum = spec.ServerFedAvgM, 500_000, 500_000
	n.Create(rules)
	miser, refused := n.Nodes[0], atomic.Int32{}
	miser.Front = func(w http.ResponseWriter, r *http.Request) bool {
		d, err := spec.ParseDigest(path.Base(r.URL.Path))
		if err != nil {
			return false
		}
		labels, err := miser.Tools.Store.LabelsOf(r.Context(), d)
		if err != nil || !slices.ContainsFunc(labels, func(l blob.Label) bool { return l.Kind == blob.State }) {
			return false
		}
		refused.Add(1)
		w.WriteHeader(http.StatusNotFound)
		return true
	}
	for number := uint64(2); number <= 3; number++ {
		n.Reach(1, number, spec.PhaseTrain)
		n.Nodes[2].Use(blob.NewMemory())
		n.Nodes[3].Use(blob.NewMemory())
	}
	n.Finish(1)
	wantNoErrors(t, n)
	for _, r := range rounds(t, n) {
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
