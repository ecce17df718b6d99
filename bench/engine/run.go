package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/althing-network/althing/spec"
)

// run runs the measurements that the flags select, and prints them.
func run(ctx context.Context, o options) (err error) {
	rows, err := rows(o.data, tableRows)
	if err != nil {
		return err
	}
	torch, err := findTorch(ctx, o.pythons...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, torch.Close()) }()
	fmt.Fprintf(os.Stderr, "%s; torch %s of %s, %s %s; kernels %v\n", processor(), torch.version, torch.Python(), torch.blas, blas(), kernels(o.plain))

	b := bench{options: o, torch: torch, bar: newProgress(os.Stderr, len(o.models)*len(o.batches)*(1+len(kernels(o.plain)))*(1+o.rounds))}
	defer b.bar.clear()
	var all []measurement
	for _, name := range o.models {
		for _, batch := range o.batches {
			b.bar.next(fmt.Sprintf("%s, batch %d", name, batch))
			k, err := newTask(name, batch, rows)
			if err != nil {
				return err
			}
			measured, err := b.measure(ctx, k)
			if err != nil {
				return fmt.Errorf("%s, batch %d: %w", name, batch, err)
			}
			if o.json { // as they come
				b.bar.clear()
				if err := report(os.Stdout, true, measured); err != nil {
					return err
				}
			}
			all = append(all, measured...)
		}
	}
	b.bar.clear()
	return o.finish(all)
}

// finish prints the table, and the targets below it.
func (o options) finish(all []measurement) error {
	w := os.Stderr
	if !o.json {
		w = os.Stdout
		if err := report(w, false, all); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	for _, t := range targets(all) {
		fmt.Fprintln(w, t)
	}
	return nil
}

// bench is what all measurements share.
type bench struct {
	options
	torch *torch
	bar   *progress
}

// measure measures PyTorch and every kernel on one task.
func (b bench) measure(ctx context.Context, k task) ([]measurement, error) {
	if err := b.torch.load(k); err != nil {
		return nil, err
	}
	runners := []runner{b.torch}
	var all []measurement
	for _, kernel := range kernels(b.plain) {
		r := ours{task: k, kernel: kernel}
		difference, err := agreement(ctx, r, b.torch, checkedSteps)
		if err != nil {
			return nil, fmt.Errorf("%s and PyTorch: %w", kernel, err)
		}
		runners = append(runners, r)
		all = append(all, measurement{Model: k.name, Batch: int(k.job.Training.Batch), Mode: mode(kernel), Kernel: set(kernel), Difference: difference})
	}
	speeds, err := contest(ctx, runners, b.rounds, b.slice, b.bar.tick)
	if err != nil {
		return nil, err
	}
	for _, s := range speeds {
		for i := range s {
			s[i] *= float64(k.job.Table.Rows()) // epochs to examples
		}
	}
	for i := range all {
		all[i].compare(speeds[1+i], speeds[0])
		for j := range all {
			if all[i].Mode == spec.ArithmeticStrict && all[j].Mode == spec.ArithmeticFused && all[i].Kernel == all[j].Kernel {
				all[i].StrictOfFused = digits(median(ratios(speeds[1+i], speeds[1+j])))
			}
		}
	}
	return all, nil
}
