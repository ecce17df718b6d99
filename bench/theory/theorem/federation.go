package theorem

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Federation solves a problem by federated training. In each round some trainers are drawn,
// uniformly and without replacement, and the mean of their updates is added to the model.
type Federation struct {
	Problem Problem
	Shards  []data.Table // one per trainer, all of one size: see [Shards]
	Drawn   int          // trainers per round, 1 to len(Shards)
	Batch   int          // rows
	// Epochs is what a trainer does per round: 0 for one step on one batch, drawn uniformly
	// without replacement (FedSGD), else passes over its shard (FedAvg).
	Epochs int
	Rate   spec.PPM // eta
}

// scaleBits is the default of a task. The rounding error of an update is at most 2^-21 per
// weight.
const scaleBits = 20

// Round computes the next model from w in round t. Each seed and round has its own random
// draws. It does not change w.
func (f Federation) Round(ctx context.Context, w []float32, seed, t uint64) ([]float32, error) {
	source := rand.NewPCG(seed, t)
	var sources []aggregate.Source
	for _, k := range draw(len(f.Shards), f.Drawn, source) {
		job := train.Job{
			Model: f.Problem.Model(),
			Training: spec.Training{
				Optimiser: spec.OptimiserSGD, Batch: uint32(f.Batch), Epochs: uint32(max(f.Epochs, 1)), Rate: f.Rate,
				WeightDecay: f.Problem.Decay(), Arithmetic: spec.ArithmeticStrict,
			},
			Weights: w,
			Seed:    source.Uint64(),
			Table:   f.Shards[k],
		}
		if f.Epochs == 0 {
			rows := f.Shards[k].Rows()
			job.Table = job.Table.Select(draw(rows, min(f.Batch, rows), source))
		}
		result, err := train.Engine{}.Train(ctx, job, nil)
		if err != nil {
			return nil, fmt.Errorf("trainer %d: %w", k, err)
		}
		slot := spec.Slot{Chain: "theory", Task: 1, Round: t, Node: uint64(k)}
		values, err := model.Quantise(result.Weights, w, scaleBits)
		if err != nil {
			return nil, fmt.Errorf("trainer %d: %w", k, err)
		}
		update, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot, ScaleBits: scaleBits, Count: uint64(len(values))}, values)
		if err != nil {
			return nil, fmt.Errorf("trainer %d: %w", k, err)
		}
		sources = append(sources, aggregate.InMemory(slot, 1, update))
	}
	mean, err := aggregate.Mean{}.Combine(len(w), scaleBits, sources)
	if err != nil {
		return nil, err
	}
	next, _, err := aggregate.None{}.Step(w, mean, nil)
	return next, err
}

// draw draws some of the numbers below n, uniformly without replacement.
func draw(n, some int, source rand.Source) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	data.Permute(all, source)
	return all[:some]
}

// Variance is the exact variance of the gradient of one step at w, E|g - grad F(w)|^2, over
// the draws of trainers and batches. By the law of total variance it is, for m of N trainers
// with n rows each and batches of b,
//
//	(1 - m/N) S^2/m + 1/(mN) sum_k (1 - b/n) s_k^2/b
//
// where S^2 is the sample variance of the trainers' gradients, and s_k^2 the sample variance
// of the gradients of the rows of trainer k, in squared norms (Cochran 1977, Sampling
// Techniques, theorem 2.2 and section 10.3).
func (f Federation) Variance(w []float64) float64 {
	trainers, drawn := float64(len(f.Shards)), float64(f.Drawn)
	var gradients [][]float64
	mean, within := make([]float64, len(w)), 0.0
	for _, shard := range f.Shards {
		g, squares := moments(shard, w)
		gradients = append(gradients, g)
		for i, v := range g {
			mean[i] += v / trainers
		}
		n := float64(shard.Rows())
		if b := float64(f.Batch); b < n {
			within += (1 - b/n) / b * n / (n - 1) * (squares - norm2(g))
		}
	}
	between := 0.0
	if drawn < trainers {
		for _, g := range gradients {
			between += apart2(g, mean) / (trainers - 1)
		}
	}
	return (1-drawn/trainers)*between/drawn + within/(drawn*trainers)
}
