package theorem

import (
	"math"

	"github.com/althing-network/althing/data"
)

// Gradient is the gradient at w of F with the mean over the rows of t. It has the length of w.
func (p Problem) Gradient(t data.Table, w []float64) []float64 {
	g, _ := moments(t, w)
	for i, v := range w {
		g[i] += p.Mu * v
	}
	return g
}

// moments are the mean of the gradients of the cross-entropy at w over the rows of a table,
// and the mean of their squared norms.
func moments(t data.Table, w []float64) (mean []float64, squares float64) {
	classes, features := t.Classes, t.Features
	// The weights are stored column by column, so that the inner loops run over classes and
	// consecutive sums are independent.
	columns, sums := make([]float64, len(w)), make([]float64, len(w))
	for c := range classes {
		for j := range features {
			columns[j*classes+c] = w[c*features+j]
		}
	}
	copy(columns[features*classes:], w[features*classes:])
	scores := make([]float64, classes)
	for r := range t.Rows() {
		x, length := t.Row(r), 1.0
		copy(scores, columns[features*classes:])
		for j, v := range x {
			if v == 0 {
				continue
			}
			f := float64(v)
			length += f * f
			for c, u := range columns[j*classes : (j+1)*classes] {
				scores[c] += f * u
			}
		}
		slopes(scores, t.Y[r])
		squares += norm2(scores) * length
		for j, v := range x {
			if v == 0 {
				continue
			}
			f, column := float64(v), sums[j*classes:(j+1)*classes]
			for c, u := range scores {
				column[c] += f * u
			}
		}
		for c, u := range scores {
			sums[features*classes+c] += u
		}
	}
	mean, n := make([]float64, len(w)), float64(t.Rows())
	for c := range classes {
		for j := range features {
			mean[c*features+j] = sums[j*classes+c] / n
		}
		mean[features*classes+c] = sums[features*classes+c] / n
	}
	return mean, squares / n
}

// slopes replaces scores by the gradient of the cross-entropy of class y with respect to them.
func slopes(scores []float64, y int32) {
	largest := math.Inf(-1)
	for _, v := range scores {
		largest = max(largest, v)
	}
	sum := 0.0
	for c, v := range scores {
		scores[c] = math.Exp(v - largest)
		sum += scores[c]
	}
	for c := range scores {
		scores[c] /= sum
	}
	scores[y]--
}
