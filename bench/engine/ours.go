package main

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
	"github.com/althing-network/althing/train/gemm"
)

// ours is the built-in engine with one kernel.
type ours struct {
	task
	kernel gemm.Kernel
}

// mode is how a kernel rounds: "strict" or "fused".
func mode(k gemm.Kernel) string {
	if k.Strict() {
		return spec.ArithmeticStrict
	}
	return spec.ArithmeticFused
}

// set is the instruction set of a kernel, for example "avx2".
func set(k gemm.Kernel) string {
	name, _, _ := strings.Cut(k.String(), " ")
	return name
}

// kernels are the kernels to measure. The one in plain Go is slow, so it is measured only with
// --plain, or if this machine has no other.
func kernels(plain bool) []gemm.Kernel {
	all := gemm.All()
	if plain || len(all) == 1 {
		return all
	}
	return all[1:]
}

// train runs one job and returns the CPU time of this process for it, including the engine's
// preparations and the garbage collector.
func (o ours) train(ctx context.Context, epochs int) (time.Duration, error) {
	job := o.job
	job.Training.Epochs = uint32(epochs)
	before, err := spent()
	if err != nil {
		return 0, err
	}
	if _, err := o.run(ctx, job); err != nil {
		return 0, err
	}
	after, err := spent()
	return after - before, err
}

// losses makes every step a job of its own with one batch, so that the order in which the
// engine shuffles rows does not matter.
func (o ours) losses(ctx context.Context, steps int) ([]float64, error) {
	job := o.job
	batch := int(job.Training.Batch)
	rows := make([]int, batch)
	var losses []float64
	for i := range steps {
		for j := range rows {
			rows[j] = (i*batch + j) % o.job.Table.Rows()
		}
		job.Table = o.job.Table.Select(rows)
		r, err := o.run(ctx, job)
		if err != nil {
			return nil, err
		}
		job.Weights = r.Weights
		losses = append(losses, r.Loss)
	}
	return losses, nil
}

func (o ours) run(ctx context.Context, job train.Job) (train.Result, error) {
	job.Training.Arithmetic = mode(o.kernel)
	r, err := train.Engine{Kernel: &o.kernel}.Train(ctx, job, nil)
	if err != nil {
		return r, fmt.Errorf("%s: %w", o.kernel, err)
	}
	return r, nil
}

// spent is the CPU time of this process so far, all threads, user and system.
func spent() (time.Duration, error) {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano()), nil
}
