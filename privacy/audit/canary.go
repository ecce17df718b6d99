package audit

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Coins says of so many canaries which are in: fair coins of the source, one each. The
// mechanism must know nothing of the source.
func Coins(source rand.Source, canaries int) []bool {
	in := make([]bool, canaries)
	for i := range in {
		in[i] = source.Uint64()>>63 == 1
	}
	return in
}

// Gradient is what a canary adds to the sum if it is in: its clipped gradient in quanta,
// at some of the sum's coordinates and zero elsewhere. Canaries whose gradients share
// no coordinate do not disturb each other: rows that are one-hot, each in a column of
// its own, have such gradients in a softmax layer but for its biases, which an auditor
// leaves out of the gradient here.
type Gradient struct {
	At     []int
	Values []int64
}

// Scores says of each canary how far what was released points along its gradient, less
// half of what the canary would add: above 0 it was rather in, below rather out.
func Scores(released []int64, canaries []Gradient) ([]float64, error) {
	return scores(released, canaries, func(r, v float64) float64 { return v * (r - v/2) })
}

// scores adds up what each coordinate of a canary's gradient says, given what was
// released there.
func scores(released []int64, canaries []Gradient, says func(r, v float64) float64) ([]float64, error) {
	scores := make([]float64, len(canaries))
	for i, g := range canaries {
		if len(g.At) != len(g.Values) {
			return nil, fmt.Errorf("the gradient of canary %d has %d coordinates and %d values: want as many", i, len(g.At), len(g.Values))
		}
		for j, at := range g.At {
			if at < 0 || at >= len(released) {
				return nil, fmt.Errorf("the gradient of canary %d has a coordinate %d: %d were released", i, at, len(released))
			}
			scores[i] += says(float64(released[at]), float64(g.Values[j]))
		}
	}
	return scores, nil
}

// Nearer says of each canary how much nearer what was released is to its gradient than
// to nothing, in sums of magnitudes: the logarithm of how much likelier it is that the
// canary is in, times the scale of the noise, where that is Laplace's. Such noise shows more
// by it than by [Scores] where gradients have several coordinates.
func Nearer(released []int64, canaries []Gradient) ([]float64, error) {
	return scores(released, canaries, func(r, v float64) float64 { return math.Abs(r) - math.Abs(r-v) })
}

// Guess guesses of the canaries with the largest scores, so many and whatever their
// signs, whether they were in: where the score is above 0. The number is fixed
// before the scores are seen. It counts which guesses the coins prove right.
func Guess(in []bool, scores []float64, made int) (Guesses, error) {
	g := Guesses{Canaries: len(in), Made: made}
	if len(scores) != len(in) {
		return g, fmt.Errorf("%d scores of %d canaries: want as many", len(scores), len(in))
	}
	if err := g.Validate(); err != nil {
		return g, err
	}
	order := make([]int, len(in))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(scores[b]), math.Abs(scores[a])) })
	for _, i := range order[:made] {
		if (scores[i] > 0) == in[i] {
			g.Right++
		}
	}
	return g, nil
}
