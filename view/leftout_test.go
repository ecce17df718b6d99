package view_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// TestLeftOut wants a reason for each trainer whose update is not in the sum, and none for
// a trainer whose update may still get there.
func TestLeftOut(t *testing.T) {
	asked := []spec.Contribution{
		{Node: 1, Height: 5, Survivor: true},
		{Node: 2},
		{Node: 3, Missed: 2},
		{Node: 4, Declined: spec.DeclineRows},
		{Node: 5, Height: 5},
		{Node: 6, Height: 5, Survivor: true},
		{Node: 7, Height: 5, Receipts: 0b0110, Proved: 9},
	}
	held := spec.Bitmap([]bool{true, false, false, false, false, true, false})
	r := spec.Round{
		Phase: spec.PhaseSettled, Commitments: 4, Committed: []byte{0x71}, Trainers: asked,
		Aggregates: []spec.Aggregate{{Holds: held}, {Holds: held}, {Holds: held}, {}},
	}
	why := func(r spec.Round) string {
		return view.LeftOutText(view.LeftOuts(r), func(node uint64) string { return fmt.Sprint(node) })
	}
	for _, c := range []struct {
		of   string
		in   func(*spec.Round)
		want string
	}{
		{"a settled round", func(*spec.Round) {}, "2 (late: left out); 3 (late: left out 3 rounds in a row); 4 (declined: its rows do not fit the task); 5 (update withheld); 7 (receipts of 2 aggregators show that its update reached them)"},
		{"a round that trains", func(r *spec.Round) { r.Phase, r.Committed = spec.PhaseTrain, nil }, "4 (declined: its rows do not fit the task)"},
		{"an aborted one whose training nobody waited for", func(r *spec.Round) { r.Phase, r.Committed = spec.PhaseAborted, nil }, "2 (late: left out); 3 (late: left out 3 rounds in a row); 4 (declined: its rows do not fit the task)"},
		{"aggregators that hold nothing", func(r *spec.Round) {
			r.Phase, r.Aggregates = spec.PhaseAborted, make([]spec.Aggregate, 4)
			r.Trainers = []spec.Contribution{{Node: 1, Height: 5}, {Node: 2, Height: 5}}
		}, "1 2 (its update is held by too few aggregators)"},
	} {
		r := r
		c.in(&r)
		if diff := cmp.Diff(c.want, why(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.of, diff)
		}
	}
}

// TestAnsweredInEveryPhase wants the bar of a running round to move in every phase.
func TestAnsweredInEveryPhase(t *testing.T) {
	r := spec.Round{
		Proofs: 1, Unheld: 2,
		Trainers:   []spec.Contribution{{Height: 3}, {}, {Declined: spec.DeclineDiverged}},
		Aggregates: []spec.Aggregate{{Attested: 3, Committed: 4, Revealed: 5}, {}},
		Scores:     []spec.Evaluation{{Committed: 6, Revealed: 7}, {}},
	}
	for _, r.Phase = range spec.Phases() {
		done, all := view.Answered(r)
		if r.Phase.Final() != (all == 0) || all > 0 && (done != 1 || all != 2) {
			t.Errorf("%s: %d of %d have answered", r.Phase, done, all)
		}
		if done, all := view.Progress(r); !r.Phase.Final() && (done%100 != 50 || done > all) {
			t.Errorf("%s: the bar stands at %d of %d, want half a phase", r.Phase, done, all)
		}
	}
}
