package aggregate

import (
	"iter"

	"github.com/althing-network/althing/model/fixed"
)

// None adds the combined update to the weights and remembers nothing:
//
//	w <- w + u
//
// Its sum is a float64, rounded to a float32 at the end. No weight becomes
// infinite: an update is below 2^63, which is less than half a step at the largest
// float32.
type None struct{}

var _ Optimiser = None{}

// Moments implements [Optimiser].
func (None) Moments() []string { return nil }

// Step implements [Optimiser].
func (None) Step(weights []float32, update Update, moments [][]float32) ([]float32, [][]float32, error) {
	if _, err := begin(weights, update, moments); err != nil {
		return nil, nil, err
	}
	next := make([]float32, len(weights))
	spread(len(weights), func(blocks iter.Seq2[int, int]) {
		kernel := fixed.Best()
		for from, to := range blocks {
			kernel.Move(next[from:to], weights[from:to], update.Sum[from:to], update.Divisor)
		}
	})
	return next, nil, nil
}
