package audittest

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
)

// canaryValue is so large that next to nothing of a canary's gradient falls on the
// biases, which all canaries share.
const canaryValue = 1000

// Rows are those canaries that are in: of class 1 of 2, one-hot, each in a column of its
// own. In a softmax layer whose weights are 0 their gradients share no weight.
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

// Row is a table of one canary of so many, or of a row that moves nothing.
func Row(canaries, which int, in bool) data.Table {
	table := data.Table{X: make([]float32, canaries), Y: []int32{1}, Features: canaries, Classes: 2}
	table.X[which] = canaryValue
	if !in {
		table.X[which] = float32(math.NaN())
	}
	return table
}

// Gradients is what each of so many canaries adds to a sum of gradients with so many
// quanta a 1, clipped to a bound, but for the biases.
func Gradients(canaries int, bound privacy.Bound, bits uint) ([]audit.Gradient, error) {
	const half, bias = canaryValue / 2, 0.5 // a softmax of two classes says 1/2 of each
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

// Seen is one run as its auditor has it: which canaries were in, and the sum that was
// released, in quanta.
type Seen struct {
	In       []bool
	Released []int64
}

// Residuals is what was released less what the canaries that were in add up to, but for
// the biases.
func (s Seen) Residuals(gradients []audit.Gradient) ([]int64, error) {
	weights := 2 * len(gradients)
	if len(s.Released) < weights || len(s.In) != len(gradients) {
		return nil, fmt.Errorf("%d values were released and %d coins thrown: want %d and %d", len(s.Released), len(s.In), weights, len(gradients))
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

// Guesses is what the auditor guesses of so many canaries from what was released alone,
// with noise beside a bound in some norm.
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
