package aggregator_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestBaselines: of a round whose updates are public, a stranger gets the base model, the next
// model, and the model that each survivor alone would have made. Of a private round, a round
// that measured columns and an unsettled round it gets none.
func TestBaselines(t *testing.T) {
	n, _ := settled(t, sim.DigitsTask(2), -1)
	task, r := record(t, n, 1)
	list, err := aggregator.Baselines(t.Context(), n.Stranger(), task, r)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2+r.Survivors() {
		t.Fatalf("got %d models of a round with %d survivors, want 2 more than survivors", len(list), r.Survivors())
	}
	for i, d := range []spec.Digest{r.Base, r.Next} {
		if got, err := list[i].Model.Digest(); err != nil || got != d || list[i].Node != 0 {
			t.Errorf("model %d is %s of node %d, %v; want %s", i, got.Short(), list[i].Node, err, d.Short())
		}
	}
	for i, b := range list[2:] {
		if b.Node == 0 || i > 0 && b.Node <= list[1+i].Node || slices.Equal(b.Model.Weights, list[0].Model.Weights) || slices.Equal(b.Model.Weights, list[1].Model.Weights) {
			t.Errorf("the model of node %d alone equals the base or the next model, or is out of order", b.Node)
		}
	}
	_, second := record(t, n, 2)
	second.Phase = spec.PhaseOpen
	for want, refused := range map[string]func() (spec.Task, spec.Round){
		"is not settled": func() (spec.Task, spec.Round) { return task, second },
		"is private": func() (spec.Task, spec.Round) {
			private := task
			private.Spec.Privacy.Mode = spec.PrivacyLocal
			return private, r
		},
		"measured": func() (spec.Task, spec.Round) { measured := r; measured.Measures = true; return task, measured },
	} {
		task, r := refused()
		if _, err := aggregator.Baselines(t.Context(), n.Stranger(), task, r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}
