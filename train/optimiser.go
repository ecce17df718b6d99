package train

import (
	"fmt"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// optimiser changes weights by gradients. It keeps its own state between steps, one or
// two values per weight or none. Definitions are PyTorch's, and so is the order of
// operations up to rounding.
type optimiser interface {
	// step changes the weights by the gradient divided by divisor. It may overwrite the
	// gradient.
	step(weights, gradient []float32, divisor float32)
}

// newOptimiser makes the optimiser that the training settings name, for size weights.
func newOptimiser(t spec.Training, kernel gemm.Kernel, size int) (optimiser, error) {
	switch t.Optimiser {
	case spec.OptimiserSGD:
		return sgd{kernel: kernel, rate: float32(model.Fraction(t.Rate))}, nil
	case spec.OptimiserMomentum, spec.OptimiserNesterov:
		return momentum{
			kernel:   kernel,
			rate:     float32(model.Fraction(t.Rate)),
			decay:    float32(model.Fraction(t.Momentum)),
			nesterov: t.Optimiser == spec.OptimiserNesterov,
			velocity: make([]float32, size),
		}, nil
	case spec.OptimiserAdam:
		return newAdam(t, size), nil
	}
	return nil, fmt.Errorf("the engine has no optimiser %q", t.Optimiser)
}

// sgd is plain stochastic gradient descent:
//
//	w = w - rate g
type sgd struct {
	kernel gemm.Kernel
	rate   float32
}

func (s sgd) step(weights, gradient []float32, divisor float32) {
	s.kernel.AddScaled(weights, -s.rate/divisor, gradient)
}

// momentum moves by a decaying sum of gradients (Polyak 1964):
//
//	velocity = decay velocity + g
//	w = w - rate velocity
//
// Nesterov's variant uses the velocity that one more step would have (Sutskever et al.
// 2013, "On the importance of initialization and momentum in deep learning"):
//
//	w = w - rate g - rate decay velocity
type momentum struct {
	kernel      gemm.Kernel
	rate, decay float32
	nesterov    bool
	velocity    []float32
}

func (m momentum) step(weights, gradient []float32, divisor float32) {
	if divisor != 1 {
		factor := 1 / divisor
		for i := range gradient {
			gradient[i] *= factor
		}
	}
	rate := m.rate
	if m.nesterov {
		m.kernel.AddScaled(weights, -rate, gradient)
		rate = float32(rate * m.decay)
	}
	m.kernel.AddScaled(gradient, m.decay, m.velocity)
	copy(m.velocity, gradient)
	m.kernel.AddScaled(weights, -rate, m.velocity)
}
