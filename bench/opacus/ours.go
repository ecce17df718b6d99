package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// trained is the result of one training: its CPU time, and the accuracy of its model on the
// hold-out.
type trained struct {
	took     time.Duration
	accuracy float64
}

const clipBits = 9 // the clip is 2^9 quanta, as in the mode example of a task

// ours is one setting of the built-in engine, with noise drawn in the same way as on a node.
type ours struct {
	setting
	plan    privacy.Sampled
	sampler privacy.Sampler
	made    time.Duration // CPU time to make the sampler, once per task
}

func newOurs(s setting) (ours, error) {
	w, err := model.Init(s.model)
	if err != nil {
		return ours{}, err
	}
	const quanta = 1 << clipBits
	o := ours{setting: s, plan: privacy.Sampled{
		Examples: privacy.Examples{
			Values: len(w), Bits: clipBits, Rows: spec.MaxSamples,
			Bound: privacy.Bound{Norm: privacy.L2, Limit: quanta * quanta},
			Noise: privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: uint64(s.noise * quanta), Den: 1}},
		},
		Rate: uint32(s.rate), Divisor: s.divisor,
	}}
	if s.clip != 1 || s.noise*quanta != float64(uint64(s.noise*quanta)) {
		return o, fmt.Errorf("clip %v, noise %v: want 1, and a whole number of quanta", s.clip, s.noise)
	}
	before, err := spent()
	if err != nil {
		return o, err
	}
	if o.sampler, err = privacy.SamplerOf(o.plan.Noise, uint64(len(w))*uint64(s.steps)); err != nil {
		return o, err
	}
	after, err := spent()
	o.made = after - before
	return o, err
}

// weights are the weights of model 0 with a seed.
func (s setting) weights(seed uint64) ([]float32, error) {
	s.model.Seed = seed
	return model.Init(s.model)
}

// train runs all steps. Its time is the CPU time of the whole process.
func (o ours) train(ctx context.Context, seed uint64) (trained, error) {
	w, err := o.weights(seed)
	if err != nil {
		return trained{}, err
	}
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	stream, err := privacy.NewStream(rand.NewChaCha8(key))
	if err != nil {
		return trained{}, err
	}
	before, err := spent()
	if err != nil {
		return trained{}, err
	}
	private, err := o.plan.Begin(o.sampler, stream)
	if err != nil {
		return trained{}, err
	}
	result, err := train.Engine{}.Train(ctx, train.Job{
		Model: o.model, Weights: w, Table: o.rows, Private: private, Steps: o.steps, Seed: seed,
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 64, Epochs: 1, Rate: o.learningRate},
	}, nil)
	if err != nil {
		return trained{}, err
	}
	after, err := spent()
	if err != nil {
		return trained{}, err
	}
	e, err := train.Engine{}.Evaluate(ctx, o.model, result.Weights, o.held)
	return trained{after - before, share(e.Accuracy())}, err
}

// price is the epsilon per row by the accountants and by the ledger.
type price struct{ rdp, pld, ledger float64 }

// costs is the price of all steps.
func (o ours) costs() (price, error) {
	plan := account.Plan{Unit: cost.Example, Adjacency: cost.AddRemove, Parts: []account.Part{
		{Mechanism: account.Gaussian{Noise: o.noise}, Sampling: account.Poisson(share(o.rate)), Steps: o.steps},
	}}
	r, err := plan.EpsilonBy(account.RDP, o.delta)
	if err != nil {
		return price{}, err
	}
	p, err := plan.EpsilonBy(account.PLD, o.delta)
	if err != nil {
		return price{}, err
	}
	release, err := o.plan.Release()
	if err != nil {
		return price{}, err
	}
	limit := cost.Limit{Unit: cost.Example, Adjacency: cost.AddRemove, Epsilon: cost.OneEpsilon, Delta: cost.Delta(o.delta * float64(cost.OneDelta))}
	each, err := limit.Cost(release)
	if err != nil {
		return price{}, err
	}
	all, err := each.Times(uint64(o.steps))
	if err != nil {
		return price{}, err
	}
	nano, _, err := all.At(limit.Delta)
	return price{r.Epsilon, p.Epsilon, float64(nano) / float64(cost.OneNano)}, err
}

// spent is the CPU time of this process so far, all threads, user and system.
func spent() (time.Duration, error) {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano()), nil
}
