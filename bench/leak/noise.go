package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// promise is a private training: each row's gradient is clipped to 1 and each step has noise,
// as in the mode example of a task.
type promise struct {
	steps   int
	divisor uint64
	noise   float64 // noise multiplier: standard deviation divided by the clip
	plan    privacy.Sampled
	sampler privacy.Sampler
}

const (
	clipBits = 9    // the clip is 2^9 quanta
	delta    = 1e-5 // for every epsilon
)

// promised is a private training that uses all rows in each step. Its noise is such that all
// steps together cost epsilon per row, with the adjacency add-remove.
func promised(epsilon float64, values, steps int, divisor uint64) (promise, error) {
	plan := account.Plan{Unit: cost.Example, Adjacency: cost.AddRemove, Parts: []account.Part{{Mechanism: account.Gaussian{Noise: 1}, Steps: steps}}}
	plan, _, err := plan.Calibrate(epsilon, delta)
	if err != nil {
		return promise{}, err
	}
	gaussian, ok := plan.Parts[0].Mechanism.(account.Gaussian)
	if !ok {
		return promise{}, fmt.Errorf("the calibrated plan has the mechanism %v: want a Gaussian", plan.Parts[0].Mechanism)
	}
	const quanta = 1 << clipBits
	p := promise{steps: steps, divisor: divisor, noise: gaussian.Noise, plan: privacy.Sampled{
		Examples: privacy.Examples{
			Values: values, Bits: clipBits, Rows: spec.MaxSamples,
			Bound: privacy.Bound{Norm: privacy.L2, Limit: quanta * quanta},
			Noise: privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: uint64(gaussian.Noise*quanta) + 1, Den: 1}},
		},
		Rate: uint32(spec.One), Divisor: divisor,
	}}
	p.sampler, err = privacy.NewSampler(p.plan.Noise)
	return p, err
}

// begin begins the noise of one training, drawn from a seed.
func (p promise) begin(seed uint64) (*privacy.SampledSum, error) {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	binary.LittleEndian.PutUint64(key[8:], math.Float64bits(p.noise)) // so that another epsilon has independent noise
	stream, err := privacy.NewStream(rand.NewChaCha8(key))
	if err != nil {
		return nil, err
	}
	return p.plan.Begin(p.sampler, stream)
}
