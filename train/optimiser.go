package train

import (
	"fmt"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train/gemm"
)

// optimiser moves weights by gradients. What it remembers of them is its own, and
// has as many elements as there are weights. Definitions, and the order of
// operations up to rounding, are PyTorch's.
type optimiser interface {
	// move changes the weights by the gradient divided by parts. It may change the
	// gradient, too.
	move(weights, gradient []float32, parts float32)
}

// newOptimiser makes the optimiser a training asks for, which remembers nothing yet.
func newOptimiser(t spec.Training, kernel gemm.Kernel, size int) (optimiser, error) {
	switch t.Optimiser {
	case spec.OptimiserSGD:
		return sgd{kernel: kernel, rate: float32(model.Fraction(t.Rate))}, nil
	case spec.OptimiserMomentum, spec.OptimiserNesterov:
		return momentum{
			kernel: kernel,
			rate:   float32(model.Fraction(t.Rate)),
			decay:  float32(model.Fraction(t.Momentum)),
			ahead:  t.Optimiser == spec.OptimiserNesterov,
			sum:    make([]float32, size),
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

func (s sgd) move(weights, gradient []float32, parts float32) {
	s.kernel.AddScaled(weights, -s.rate/parts, gradient)
}

// momentum moves by a decaying sum of gradients (Polyak 1964):
//
//	sum = decay sum + g
//	w = w - rate sum
//
// With ahead, it moves by where that sum would be after one more step, which is
// Nesterov's (Sutskever et al. 2013, "On the importance of initialization and
// momentum in deep learning"):
//
//	w = w - rate g - rate decay sum
type momentum struct {
	kernel      gemm.Kernel
	rate, decay float32
	ahead       bool
	sum         []float32
}

func (m momentum) move(weights, gradient []float32, parts float32) {
	if parts != 1 {
		share := 1 / parts
		for i := range gradient {
			gradient[i] *= share
		}
	}
	rate := m.rate
	if m.ahead {
		m.kernel.AddScaled(weights, -rate, gradient)
		rate = float32(rate * m.decay)
	}
	m.kernel.AddScaled(gradient, m.decay, m.sum)
	copy(m.sum, gradient)
	m.kernel.AddScaled(weights, -rate, m.sum)
}
