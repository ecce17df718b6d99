package theorem

import (
	"math"

	"github.com/althing-network/althing/data"
)

// Smoothness is an upper bound of the curvature of the mean cross-entropy of a softmax over
// the rows of a table: half the largest eigenvalue of the second moment of the rows, with a 1
// appended to each for the bias. The Hessian is
//
//	1/n sum_i (diag(p_i) - p_i p_i^T) (x) x_i x_i^T  <=  1/2 I (x) 1/n sum_i x_i x_i^T
//
// because the absolute values in row c of diag(p) - p p^T add up to 2 p_c (1 - p_c), which is
// at most 1/2, and no eigenvalue is larger than the largest of these sums (Gershgorin).
// Boehning 1992, "Multinomial logistic regression algorithm", has a slightly sharper bound.
//
// The eigenvalue is bounded by trace(A^k)^(1/k), k = 2^squarings. This is never too small, and
// too large by at most a factor of size^(1/k), which is 1.003 for 17 columns.
func Smoothness(t data.Table) float64 {
	const squarings = 10
	a, root := secondMoment(t), 1.0
	logarithm := 0.0 // of the product of all scales, to the power of 1/k
	for range squarings {
		scale := trace(a)
		logarithm += math.Log(scale) * root
		a = squared(a, 1/scale)
		root /= 2
	}
	return math.Exp(logarithm+math.Log(trace(a))*root) / 2
}

// secondMoment is 1/n sum_i x_i x_i^T, each x_i with a 1 appended: n x n.
func secondMoment(t data.Table) [][]float64 {
	a := make([][]float64, t.Features+1)
	for i := range a {
		a[i] = make([]float64, t.Features+1)
	}
	x := make([]float64, t.Features+1)
	x[t.Features] = 1
	for r := range t.Rows() {
		for j, v := range t.Row(r) {
			x[j] = float64(v)
		}
		for i, v := range x {
			for j, u := range x {
				a[i][j] += v * u / float64(t.Rows())
			}
		}
	}
	return a
}

func trace(a [][]float64) (sum float64) {
	for i := range a {
		sum += a[i][i]
	}
	return sum
}

// squared is the square of a symmetric matrix times scale.
func squared(a [][]float64, scale float64) [][]float64 {
	b := make([][]float64, len(a))
	for i := range a {
		b[i] = make([]float64, len(a))
		for k, v := range a[i] {
			for j, u := range a[k] {
				b[i][j] += v * scale * u * scale
			}
		}
	}
	return b
}
