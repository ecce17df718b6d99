package audittest

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
)

// canaryValue is so large that the biases, which all canaries share, have almost no part in
// a canary's gradient.
const canaryValue = 1000

// Rows are the canaries that are in: one-hot rows of class 1 of 2, each with its own column.
// In a softmax layer with zero weights their gradients share no weight.
func Rows(in []bool) data.Table {
	table := data.Table{Features: len(in), Classes: 2}
	for i, in := range in {
		if in {
			row := make([]float32, table.Features)
			row[i] = canaryValue
			table.X, table.Y = append(table.X, row...), append(table.Y, 1)
		}
	}
	return table
}

// Row is a table of one canary, number which of canaries, or, if it is out, of a row that
// does not change the sum.
func Row(canaries, which int, in bool) data.Table {
	table := data.Table{X: make([]float32, canaries), Y: []int32{1}, Features: canaries, Classes: 2}
	table.X[which] = canaryValue
	if !in {
		table.X[which] = float32(math.NaN())
	}
	return table
}

// Gradients is what each canary adds to a sum of gradients in which a 1 is 2^bits quanta,
// clipped to a bound and without the biases.
func Gradients(canaries int, bound privacy.Bound, bits uint) ([]audit.Gradient, error) {
	const half, bias = canaryValue / 2, 0.5 // with zero weights, the softmax of two classes is 1/2
	quanta := float64(uint64(1) << bits)
	clipped := []int64{int64(half * quanta), int64(-half * quanta), int64(bias * quanta), int64(-bias * quanta)}
	if err := bound.Clip(clipped); err != nil {
		return nil, err
	}
	all := make([]audit.Gradient, canaries)
	for i := range all {
		all[i] = audit.Gradient{At: []int{i, canaries + i}, Values: clipped[:2]}
	}
	return all, nil
}

// Seen is what the auditor of one run knows: which canaries were in, and the released sum in
// quanta.
type Seen struct {
	In       []bool
	Released []int64
}

// Residuals is the released sum minus the true sum of the canaries that were in, without the
// biases.
func (s Seen) Residuals(gradients []audit.Gradient) ([]int64, error) {
	weights := 2 * len(gradients)
	if len(s.Released) < weights || len(s.In) != len(gradients) {
		return nil, fmt.Errorf("%d released values and %d coins: want at least %d and %d", len(s.Released), len(s.In), weights, len(gradients))
	}
	sum := make([]int64, weights)
	for i, g := range gradients {
		for j, at := range g.At {
			if s.In[i] {
				sum[at] += g.Values[j]
			}
		}
	}
	return audit.Difference(s.Released[:weights], sum)
}

// Guesses is what the auditor guesses about made canaries from the released sum alone, if
// the bound is in the given norm.
func (s Seen) Guesses(gradients []audit.Gradient, norm privacy.Norm, made int) (audit.Guesses, error) {
	score := audit.Scores
	if norm == privacy.L1 {
		score = audit.Nearer
	}
	scores, err := score(s.Released, gradients)
	if err != nil {
		return audit.Guesses{}, err
	}
	return audit.Guess(s.In, scores, made)
}
