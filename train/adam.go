package train

import (
	"math"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// adam scales each weight's step by its past gradients (Kingma and Ba 2015, "Adam:
// a method for stochastic optimization", algorithm 1). In step t
//
//	m = beta1 m + (1 - beta1) g
//	v = beta2 v + (1 - beta2) g^2
//	w = w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
//
// with beta2 of 0.999 and epsilon of 1e-8.
type adam struct {
	rate           float64
	beta1, beta2   float64
	power1, power2 float64   // beta1^t and beta2^t, products of t factors
	means          []float32 // m
	squares        []float32 // v
}

func newAdam(t spec.Training, size int) *adam {
	return &adam{
		rate:    model.Fraction(t.Rate),
		beta1:   model.Fraction(t.Momentum),
		beta2:   0.999,
		power1:  1,
		power2:  1,
		means:   make([]float32, size),
		squares: make([]float32, size),
	}
}

// step works in float32. It computes the values that all weights share in float64 and
// rounds each once.
func (a *adam) step(weights, gradient []float32, divisor float32) {
	const epsilon = 1e-8
	a.power1, a.power2 = float64(a.power1*a.beta1), float64(a.power2*a.beta2)
	rate := float32(a.rate / (1 - a.power1))
	factor := 1 / divisor
	unbias := float32(1 / math.Sqrt(1-a.power2))
	keep1, take1 := float32(a.beta1), float32(1-a.beta1)
	keep2, take2 := float32(a.beta2), float32(1-a.beta2)
	means, squares := a.means[:len(weights)], a.squares[:len(weights)]
	gradient = gradient[:len(weights)]
	for i, w := range weights {
		g := float32(factor * gradient[i])
		m := float32(keep1*means[i]) + float32(take1*g)
		v := float32(keep2*squares[i]) + float32(float32(take2*g)*g)
		means[i], squares[i] = m, v
		root := float32(math.Sqrt(float64(v)))
		weights[i] = w - float32(rate*m)/(float32(root*unbias)+epsilon)
	}
}
