package train_test

import (
	"math"
	"slices"

	"github.com/althing-network/althing/spec"
)

// twinRule is an optimiser as the papers and PyTorch's documentation write it, in
// float64 and with powers.
type twinRule struct {
	spec.Training
	start  []float64
	m, v   []float64
	number float64 // of the step
}

func newTwinRule(t spec.Training, start []float64) *twinRule {
	return &twinRule{Training: t, start: slices.Clone(start), m: make([]float64, len(start)), v: make([]float64, len(start))}
}

func (r *twinRule) step(weights, gradient []float64) {
	r.number++
	rate, mu := float64(r.Rate)/1e6, float64(r.Momentum)/1e6
	for i, w := range weights {
		g := gradient[i] + float64(r.WeightDecay)/1e6*w + float64(r.Proximal)/1e6*(w-r.start[i])
		switch r.Optimiser {
		case spec.OptimiserMomentum:
			r.m[i] = mu*r.m[i] + g
			g = r.m[i]
		case spec.OptimiserNesterov:
			r.m[i] = mu*r.m[i] + g
			g += mu * r.m[i]
		case spec.OptimiserAdam:
			r.m[i] = mu*r.m[i] + (1-mu)*g
			r.v[i] = 0.999*r.v[i] + 0.001*g*g
			g = r.m[i] / (1 - math.Pow(mu, r.number)) / (math.Sqrt(r.v[i]/(1-math.Pow(0.999, r.number))) + 1e-8)
		}
		weights[i] = w - rate*g
	}
}
