package theorem

import (
	"errors"
	"fmt"
	"math"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// Problem is L2-regularised softmax regression over a table: minimise
//
//	F(w) = 1/n sum_i -log softmax(W x_i + b)[y_i] + Mu/2 |w|^2
//
// over all weights w = (W, b), in the layout of package model.
type Problem struct {
	Table data.Table
	// Mu is the factor of the regulariser, and the strong convexity of F. F is not more
	// convex: adding the same number to a column for all classes changes no probability, so
	// in that direction only the regulariser is curved.
	Mu float64
	// L is an upper bound of the largest curvature of F: see [Smoothness].
	L float64
	// Optimum is w*, with an error of at most gradientAtOptimum / Mu in norm.
	Optimum []float64
}

// gradientAtOptimum is the largest norm of the gradient at the computed optimum.
const gradientAtOptimum = 1e-10

// NewProblem computes L and w*. It fails if the table is not valid, has no rows, or decay is
// 0, because then F is not strongly convex.
func NewProblem(t data.Table, decay spec.PPM) (Problem, error) {
	if err := t.Validate(); err != nil {
		return Problem{}, err
	}
	if t.Rows() == 0 || decay == 0 {
		return Problem{}, fmt.Errorf("%d rows, weight decay %s: want more than 0 of both", t.Rows(), decay)
	}
	p := Problem{Table: t, Mu: float64(decay) / float64(spec.One)}
	p.L = p.Mu + Smoothness(t)
	return p, p.solve()
}

// Model is the architecture of the problem.
func (p Problem) Model() spec.Model {
	return spec.Model{Kind: spec.ModelSoftmax, Inputs: uint32(p.Table.Features), Classes: uint32(p.Table.Classes)}
}

// Decay is Mu in the unit of a task.
func (p Problem) Decay() spec.PPM { return spec.PPM(math.Round(p.Mu * float64(spec.One))) }

// Rate is 1/L, rounded down to the precision of a task.
func (p Problem) Rate() spec.PPM { return spec.PPM(float64(spec.One) / p.L) }

// Distance is |w - w*|^2.
func (p Problem) Distance(w []float32) (d float64) {
	for i, v := range w {
		d += square(float64(v) - p.Optimum[i])
	}
	return d
}

// solve finds w* by accelerated gradient descent (Nesterov 2004,
// section 2.2.1, constant step scheme III).
func (p *Problem) solve() error {
	const maxSteps = 1_000_000
	root := math.Sqrt(p.L / p.Mu)
	momentum := (root - 1) / (root + 1)
	w := make([]float64, p.Table.Classes*(p.Table.Features+1))
	ahead := make([]float64, len(w))
	for range maxSteps {
		g := p.Gradient(p.Table, ahead)
		if norm2(g) < square(gradientAtOptimum) {
			p.Optimum = ahead
			return nil
		}
		for i := range w {
			next := ahead[i] - g[i]/p.L
			ahead[i] = next + momentum*(next-w[i])
			w[i] = next
		}
	}
	return errors.New("no optimum found: the problem is too badly conditioned")
}

func square(x float64) float64 { return x * x }

func norm2(v []float64) (sum float64) {
	for _, x := range v {
		sum += x * x
	}
	return sum
}

func apart2(v, w []float64) (sum float64) {
	for i, x := range v {
		sum += square(x - w[i])
	}
	return sum
}
