package data

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Holdout cuts a table in two, keeping the given fraction of every class
// (rounded to whole rows) apart for evaluation. Both are views; rows keep their
// order. It fails when one side would be empty.
func Holdout(t Table, fraction spec.PPM, seed uint64) (train, holdout Table, err error) {
	if fraction > spec.One {
		return Table{}, Table{}, fmt.Errorf("hold-out fraction %s is above 1", fraction)
	}
	source := stream(seed, streamHoldout)
	var kept, apart []int
	for _, rows := range t.byClass() {
		Permute(rows, source)
		n := int((uint64(len(rows))*uint64(fraction) + uint64(spec.One)/2) / uint64(spec.One))
		apart = append(apart, rows[:n]...)
		kept = append(kept, rows[n:]...)
	}
	if len(kept) == 0 || len(apart) == 0 {
		return Table{}, Table{}, fmt.Errorf("hold-out of %s of %d rows leaves %d to train on and %d to evaluate on: want some of both",
			fraction, t.Rows(), len(kept), len(apart))
	}
	slices.Sort(kept)
	slices.Sort(apart)
	return t.View(kept), t.View(apart), nil
}

// Shards splits a table into views of equal size, each with an equal number of rows per
// class (both up to one row). Rows keep their order; nothing is random.
func Shards(t Table, parts int) ([]Table, error) {
	if err := divisible(t, parts); err != nil {
		return nil, err
	}
	partRows := make([][]int, parts)
	dealt := 0
	for _, rows := range t.byClass() {
		for _, row := range rows {
			partRows[dealt%parts] = append(partRows[dealt%parts], row)
			dealt++
		}
	}
	return t.viewAll(partRows), nil
}

// divisible refuses to split a table into more parts than it has rows.
func divisible(t Table, parts int) error {
	if parts < 1 || parts > t.Rows() {
		return fmt.Errorf("%d rows cannot be split into %d parts: want 1 to %d", t.Rows(), parts, t.Rows())
	}
	return nil
}

// viewAll turns lists of row indices into views whose rows are in table order.
func (t Table) viewAll(lists [][]int) []Table {
	views := make([]Table, len(lists))
	for i, rows := range lists {
		slices.Sort(rows)
		views[i] = t.View(rows)
	}
	return views
}
