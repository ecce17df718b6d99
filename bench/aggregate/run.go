package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/althing-network/althing/model/fixed"
)

// The kinds of work.
const (
	memory = "memory"
	stored = "stored"
	ingest = "ingest"
)

// run runs all measurements and prints them.
func run(ctx context.Context, o options) (err error) {
	f, err := findFlower(ctx, o.python, os.Stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	folder, err := os.MkdirTemp(o.dir, "aggregate-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	w, err := newWork(o.parameters, o.updates)
	if err != nil {
		return err
	}
	if err := w.give(f, folder); err != nil {
		return err
	}
	n, err := newAggregator(ctx, w, folder)
	if err != nil {
		return err
	}
	all, err := contest(ctx, f, n, o.rounds)
	if err != nil {
		return err
	}
	var peaks []peak
	for _, updates := range []int{8, 64, 512} {
		mib, err := peakOf(ctx, updates, o.parameters)
		if err != nil {
			return err
		}
		peaks = append(peaks, peak{"peak", updates, digits(mib)})
	}
	if err := report(os.Stdout, o.json, all, peaks); err != nil {
		return err
	}
	out := os.Stdout
	if o.json {
		out = os.Stderr
	}
	for _, t := range targets(all, peaks) {
		fmt.Fprintln(out, t)
	}
	return nil
}

// contest lets all sides take turns. The first round is a warm-up and is not counted.
func contest(ctx context.Context, f *flower, n aggregatorNode, rounds int) ([]measurement, error) {
	kinds := []struct {
		what, flower string
		do           func(context.Context) error
	}{
		{memory, "aggregate", n.memory},
		{stored, "aggregate", n.stored},
		{ingest, "ingest", n.ingest},
	}
	cores := []int{1, 2}
	times := make([]turns, len(kinds)*len(cores))
	for round := range 1 + rounds {
		for i, k := range kinds {
			for j, c := range cores {
				var t turns
				flowers, _, err := f.exchange(question{Ask: k.flower})
				if err != nil {
					return nil, err
				}
				ours, err := on(c, func() error { return k.do(ctx) })
				if err := errors.Join(err, n.clear()); err != nil {
					return nil, fmt.Errorf("%s, %d cores: %w", k.what, c, err)
				}
				reads, err := on(c, n.read)
				if err != nil {
					return nil, err
				}
				t.ours, t.flower, t.read = []time.Duration{ours}, []time.Duration{flowers}, []time.Duration{reads}
				if round > 0 {
					times[i*len(cores)+j].add(t)
				}
			}
		}
	}
	var all []measurement
	for i, k := range kinds {
		for j, c := range cores {
			all = append(all, times[i*len(cores)+j].measured(k.what, c, n.bytes()))
		}
	}
	return all, nil
}

func (t *turns) add(o turns) {
	t.ours, t.flower, t.read = append(t.ours, o.ours...), append(t.flower, o.flower...), append(t.read, o.read...)
}

// on calls a function on a number of cores and returns how long it took. It runs the garbage
// collector first.
func on(cores int, do func() error) (time.Duration, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	runtime.GC()
	start := time.Now()
	err := do()
	return time.Since(start), err
}

// read reads the values of all updates and does almost nothing with them.
func (w work) read() error {
	var all sync.WaitGroup
	cores := runtime.GOMAXPROCS(0)
	for core := range cores {
		all.Go(func() {
			for i := range w.updates {
				b := w.values(i)
				n := len(b) / 4
				from, to := n*core/cores, n*(core+1)/cores
				fixed.Best().Largest(b[4*from:], to-from)
			}
		})
	}
	all.Wait()
	return nil
}
