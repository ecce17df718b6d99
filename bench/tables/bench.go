package main

import (
	"context"
	"fmt"
	"io"
)

// firstSplit is the seed of the first split. By those from 1 to 20 the settings of
// spec.SuggestTask were chosen.
const firstSplit = 101

// bench makes trials.
type bench struct {
	peer    sklearn
	folder  string // for files
	records []record
	keep    string // file of records; empty: none
	log     io.Writer
}

// run learns a data set after each of some splits, and with the demo where that is asked
// for.
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

// try makes a trial, unless it is there, keeps its record and says what it holds.
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

// simulate learns a data set after a split in the simulator, and by scikit-learn.
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
