package train_test

import (
	"fmt"
	"math"
	"slices"

	"github.com/althing-network/althing/spec"
)

// twinOptimiser is what the tests know about an optimiser.
type twinOptimiser struct {
	example spec.Training // at a rate at which a small network does not diverge
	// golden are the digests of the weights of all small jobs, in the order of their names,
	// on every architecture: with the optimiser alone, with penalties, and with penalties
	// and clipped rows.
	golden [3]string
	// signs says that a rounding error decides a whole step if a gradient is near 0, so that
	// not every job agrees with the twin.
	signs bool
	// step is the move of a weight divided by the rate: the definition of the papers and of
	// PyTorch's documentation, in float64 and with powers.
	step func(r *twinRule, weight int, gradient float64) float64
}

// twinOptimisers has every optimiser. A new one needs nothing else in the tests.
func twinOptimisers() map[string]twinOptimiser {
	return map[string]twinOptimiser{
		spec.OptimiserSGD: {
			example: spec.Training{Optimiser: spec.OptimiserSGD, Rate: 50_000},
			golden: [3]string{
				"cdf6e6f04f392b031516bd0db56cc53a5df68e138a5191c41c35d7d6950b7803",
				"eb5cbef063463d359be9b8b2c2edb0449de41823aa68aa1daf92a8156356b2b0",
				"436b53b4012cdf3b31780065050bf13e13af77bbdeb1af9845334d96a39de50c",
			},
			step: func(_ *twinRule, _ int, g float64) float64 { return g },
		},
		spec.OptimiserMomentum: {
			example: spec.Training{Optimiser: spec.OptimiserMomentum, Rate: 20_000, Momentum: 900_000},
			golden: [3]string{
				"33832f997ffb562a9ef1796d5b69303b6a5262bab1567001c724423776954649",
				"c863ad7ad1734b37bace575f17a3d25448f65e030f4133e6690cbe5afc2e3eea",
				"b2aafa99999a27ee24f24cec5fd17fa84092087cb82a5ed369353484d1aea502",
			},
			step: func(r *twinRule, i int, g float64) float64 {
				r.m[i] = r.mu()*r.m[i] + g
				return r.m[i]
			},
		},
		spec.OptimiserNesterov: {
			example: spec.Training{Optimiser: spec.OptimiserNesterov, Rate: 20_000, Momentum: 800_000},
			golden: [3]string{
				"6f0351e70a26afa787e14674604af26ff6cb4ad04e68c14d3cc9243fda53aed8",
				"c0b92cf4d284df0602ad94feb864c09150abf9491dcccd3c03fbe08ba537fae8",
				"ef4e39c6d4797cae356539731271c71d7520c783f35d9abda4cb23527285554b",
			},
			step: func(r *twinRule, i int, g float64) float64 {
				r.m[i] = r.mu()*r.m[i] + g
				return g + r.mu()*r.m[i]
			},
		},
		spec.OptimiserAdam: {
			example: spec.Training{Optimiser: spec.OptimiserAdam, Rate: 1_000, Momentum: 900_000},
			golden: [3]string{
				"c8c787f2a059a0559c33e78ea259a3eb24c8bfb20a284029ebc32f1dc8bd6075",
				"dd7120abb55ff27d595bd5e2239fe5d84ba76aaf517ee0bfe17ad42f4deeb355",
				"f58de4d368023c629a346b492592aefa3b11c2f99abd40e9db907b4e527d3a00",
			},
			signs: true,
			step: func(r *twinRule, i int, g float64) float64 {
				r.m[i] = r.mu()*r.m[i] + (1-r.mu())*g
				r.v[i] = 0.999*r.v[i] + 0.001*g*g
				return r.m[i] / (1 - math.Pow(r.mu(), r.number)) / (math.Sqrt(r.v[i]/(1-math.Pow(0.999, r.number))) + 1e-8)
			},
		},
	}
}

// twinRule is an optimiser with its state.
type twinRule struct {
	spec.Training
	twinOptimiser
	start  []float64
	m, v   []float64
	number float64 // of the step
}

func newTwinRule(t spec.Training, start []float64) *twinRule {
	optimiser, ok := twinOptimisers()[t.Optimiser]
	if !ok {
		panic(fmt.Sprintf("no twin of the optimiser %q", t.Optimiser))
	}
	return &twinRule{
		Training: t, twinOptimiser: optimiser, start: slices.Clone(start),
		m: make([]float64, len(start)), v: make([]float64, len(start)),
	}
}

func (r *twinRule) mu() float64 { return float64(r.Momentum) / 1e6 }

func (r *twinRule) move(weights, gradient []float64) {
	r.number++
	for i, w := range weights {
		g := gradient[i] + float64(r.WeightDecay)/1e6*w + float64(r.Proximal)/1e6*(w-r.start[i])
		weights[i] = w - float64(r.Rate)/1e6*r.step(r, i, g)
	}
}
