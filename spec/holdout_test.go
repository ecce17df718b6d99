package spec_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

func counts(pairs ...uint32) (list []spec.Count) {
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, spec.Count{Rows: pairs[i], Correct: pairs[i+1]})
	}
	return list
}

// TestHoldoutIsAllShardsTogether: figures computed by hand for two shards of 30 rows and three classes,
// one of which has no rows.
func TestHoldoutIsAllShardsTogether(t *testing.T) {
	r := spec.Round{Scores: []spec.Evaluation{
		{Node: 5, Revealed: 9, Score: 900_000, Counts: counts(8, 8, 2, 1, 0, 0)},
		{Node: 6, Revealed: 9, Score: 700_000, Counts: counts(10, 9, 10, 5, 0, 0)},
		{Node: 7, Revealed: 9, Score: 500_000},
		{Node: 8, Counts: counts(1, 1, 1, 1, 1, 1)}, // did not open
	}}
	want := spec.Holdout{
		Evaluators: 3, Told: 2, Rows: 30, Correct: 23, Accuracy: 766_666,
		Classes:  []spec.Class{{Rows: 18, Correct: 17, Accuracy: 944_444}, {Rows: 12, Correct: 6, Accuracy: 500_000}, {}},
		Balanced: 722_222, Largest: 600_000,
		Shards: []spec.Shard{{Node: 5, Rows: 10, Correct: 9}, {Node: 6, Rows: 20, Correct: 14}},
	}
	if diff := cmp.Diff(want, r.Holdout()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestHoldoutWithoutClasses: if one evaluator counts all rows together, there are no figures by class, in
// any order of the evaluators. If none has told its counts, there are no figures at all.
func TestHoldoutWithoutClasses(t *testing.T) {
	byClass := spec.Evaluation{Node: 5, Revealed: 9, Counts: counts(8, 8, 2, 1)}
	together := spec.Evaluation{Node: 6, Revealed: 9, Counts: counts(20, 14)}
	for _, scores := range [][]spec.Evaluation{{byClass, together}, {together, byClass}} {
		h := spec.Round{Scores: scores}.Holdout()
		if h.Rows != 30 || h.Correct != 23 || h.Accuracy != 766_666 || h.Classes != nil || h.Balanced != 0 || h.Largest != 0 {
			t.Errorf("got %+v", h)
		}
	}
	h := spec.Round{Scores: []spec.Evaluation{{Node: 5, Revealed: 9, Score: 1}, {Node: 6}}}.Holdout()
	if diff := cmp.Diff(spec.Holdout{Evaluators: 1}, h); diff != "" {
		t.Errorf("without counts: (-want +got)\n%s", diff)
	}
}

// TestCountsMustFit checks the bounds of an evaluator's counts.
func TestCountsMustFit(t *testing.T) {
	three := spec.TaskSpec{Model: spec.Model{Classes: 3}}
	each := spec.TaskSpec{Model: spec.Model{Classes: spec.MaxCounts}}
	many := spec.TaskSpec{Model: spec.Model{Classes: spec.MaxCounts + 1}}
	number := spec.TaskSpec{Model: spec.Model{Classes: 1}}
	for name, c := range map[string]struct {
		task   spec.TaskSpec
		counts []spec.Count
		fit    bool
	}{
		"one of each class":              {three, counts(1, 1, 0, 0, 2, 0), true},
		"one of all":                     {three, counts(7, 6), false},
		"none":                           {three, nil, false},
		"a class too few":                {three, counts(1, 1, 1, 1), false},
		"a class too many":               {three, counts(1, 1, 1, 1, 1, 1, 1, 1), false},
		"more right than there are":      {three, counts(1, 1, 0, 1, 2, 0), false},
		"as many classes as are counted": {each, make([]spec.Count, spec.MaxCounts), true},
		"one of all of as many":          {each, counts(7, 6), false},
		"as many rows as may be":         {three, counts(spec.MaxSamples, 0, 0, 0, 0, 0), true},
		"more rows than may be":          {three, counts(spec.MaxSamples, 0, 1, 0, 0, 0), false},
		"one of all of many classes":     {many, counts(7, 6), true},
		"each class of too many":         {many, make([]spec.Count, spec.MaxCounts+1), false},
		"one of a label that's a number": {number, counts(7, 6), true},
		"two of a label that's a number": {number, counts(7, 6, 0, 0), false},
	} {
		if got := c.task.CountsFit(c.counts); got != c.fit {
			t.Errorf("%s: fits %t, want %t", name, got, c.fit)
		}
	}
	d := spec.Data{}
	if d.EnoughRows(nil) || d.EnoughRows(counts(0, 0)) || !d.EnoughRows(counts(0, 0, 1, 0)) {
		t.Error("want at least one row in all")
	}
	if d.MinHoldout = 30; d.EnoughRows(counts(20, 0, 9, 0)) || !d.EnoughRows(counts(20, 0, 10, 0)) {
		t.Error("want as many rows as the task says")
	}
	if m := three.Model; !m.ScoreFits(666_666, counts(3, 2)) || m.ScoreFits(666_667, counts(3, 2)) || m.ScoreFits(666_666, counts(4, 2)) {
		t.Error("want the share that is right, rounded down")
	}
	if m := number.Model; !m.ScoreFits(666_999, counts(3, 2)) || !m.ScoreFits(0, counts(3, 0)) || !m.ScoreFits(spec.One, counts(3, 3)) {
		t.Error("the rows that the score of a number stands for are its share of them, rounded down")
	}
	if m := number.Model; m.ScoreFits(666_666, counts(3, 2)) || m.ScoreFits(0, counts(3, 3)) || m.ScoreFits(spec.One, counts(3, 2)) {
		t.Error("the score of a number is another than its counts say")
	}
}
