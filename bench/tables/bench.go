package main

import (
	"context"
	"fmt"
	"io"
)

// firstSplit is the seed of the first split. Seeds 1 to 20 were used to choose the settings of
// spec.SuggestTask.
const firstSplit = 101

// bench runs trials.
type bench struct {
	peer    sklearn
	folder  string // for files
	records []record
	keep    string // file of records; empty: none
	log     io.Writer
}

// run runs the trials of a data set: one per split in the simulator and, with demo, one in
// althing demo.
func (b *bench) run(ctx context.Context, s set, splits int, demo bool) error {
	t, err := read(s, b.peer, b.folder)
	if err != nil {
		return err
	}
	for i := range uint64(splits) {
		seed := firstSplit + i
		if err := b.try(ctx, t, record{Set: s.name, Way: inSimulator, Split: seed}, b.simulate); err != nil {
			return fmt.Errorf("split %d: %w", seed, err)
		}
	}
	if !demo {
		return nil
	}
	return b.try(ctx, t, record{Set: s.name, Way: inDemo, Split: firstSplit}, b.demonstrate)
}

// try runs a trial unless there is a record of it, and keeps and prints its record.
func (b *bench) try(ctx context.Context, t table, r record, learn func(context.Context, table, *record) error) error {
	if r.in(b.records) {
		return nil
	}
	if err := learn(ctx, t, &r); err != nil {
		return err
	}
	b.records = append(b.records, r)
	fmt.Fprintf(b.log, "%s, %s, split %d: %.4f, scikit-learn %.4f\n", r.Set, r.Way, r.Split, r.Ours, r.Theirs)
	return r.append(b.keep)
}

// simulate trains on a split of a data set in the simulator, and with scikit-learn.
func (b *bench) simulate(ctx context.Context, t table, r *record) error {
	f, err := t.split(r.Split)
	if err != nil {
		return err
	}
	r.Held = f.holdout.Rows()
	r.Rows = t.rows.Rows() - r.Held
	if r.Curve, err = t.simulate(ctx, f, r.Split); err != nil {
		return err
	}
	r.Ours = r.Curve[len(r.Curve)-1]
	r.Theirs, err = b.peer.score(f.files[:1], f.files[1:], t.asked.Schema.Label, t.regression())
	return err
}
