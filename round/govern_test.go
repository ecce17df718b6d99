package round_test

import (
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestRevisionsAreBounded: a task keeps at most spec.MaxRevisions revisions. A vote replaces the
// newest one as long as no round has begun with it.
func TestRevisionsAreBounded(t *testing.T) {
	rules := task()
	rules.Governed = true
	w := newWorld(t, rules)
	set := func(rate uint64) round.Amend {
		return round.Amend{Updates: w.Task.Updates, Settings: []spec.Tuning{{Name: "training.rate", Value: rate}}}
	}
	for number := uint64(1); number < spec.MaxRevisions; number++ {
		w.Task.Revisions = append(w.Task.Revisions, spec.Revision{Training: rules.Training, Aggregation: rules.Aggregation})
	}
	w.do(set(1))
	w.do(set(2))
	if n := len(w.Task.Revisions); n != spec.MaxRevisions || w.Task.SpecOf(2).Training.Rate != 2 || w.Task.SpecOf(1).Training.Rate != rules.Training.Rate {
		t.Fatalf("%d revisions, %+v", n, w.Task.SpecOf(2).Training)
	}
	w.train(11, 12, 13, 14)
	w.attest(11, 12, 13, 14)
	w.aggregate("model", "model", "model", "model")
	w.score(800_000, 800_000, 800_000, 800_000)
	w.do(round.Select{Trainers: []uint64{11, 12, 13, 14}})
	w.refuse(set(3), round.ErrRevisions)
}
