package audit

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Coins decides for each canary whether it is in, by a fair coin of the source. The
// mechanism must not know the source.
func Coins(source rand.Source, canaries int) []bool {
	in := make([]bool, canaries)
	for i := range in {
		in[i] = source.Uint64()>>63 == 1
	}
	return in
}

// Gradient is what a canary adds to the sum if it is in: its clipped gradient in quanta, as
// values at some coordinates, with zeros elsewhere. Canaries whose gradients share no
// coordinate do not disturb each other. One-hot rows, each with its own column, have such
// gradients in a softmax layer, except for the biases, which an auditor leaves out here.
type Gradient struct {
	At     []int
	Values []int64
}

// Scores is for each canary the inner product of the released sum and its gradient, minus
// half of what the canary would add to it. Above 0 the canary was more likely in, below 0
// more likely out.
func Scores(released []int64, canaries []Gradient) ([]float64, error) {
	return scoreEach(released, canaries, func(r, v float64) float64 { return v * (r - v/2) })
}

// scoreEach sums over the coordinates of each canary's gradient: says is called with the
// released value and the gradient's value there.
func scoreEach(released []int64, canaries []Gradient, says func(r, v float64) float64) ([]float64, error) {
	scores := make([]float64, len(canaries))
	for i, g := range canaries {
		if len(g.At) != len(g.Values) {
			return nil, fmt.Errorf("the gradient of canary %d has %d coordinates and %d values: want the same number", i, len(g.At), len(g.Values))
		}
		for j, at := range g.At {
			if at < 0 || at >= len(released) {
				return nil, fmt.Errorf("the gradient of canary %d has coordinate %d: want 0 to %d", i, at, len(released)-1)
			}
			scores[i] += says(float64(released[at]), float64(g.Values[j]))
		}
	}
	return scores, nil
}

// Nearer is for each canary how much closer the released sum is to its gradient than to
// zero, in the L1 norm. With Laplace noise that is the log-likelihood ratio of the canary
// being in, times the scale of the noise. If gradients have several coordinates, it is then
// a stronger test than [Scores].
func Nearer(released []int64, canaries []Gradient) ([]float64, error) {
	return scoreEach(released, canaries, func(r, v float64) float64 { return math.Abs(r) - math.Abs(r-v) })
}

// Guess makes a guess about the made canaries whose scores have the largest magnitudes: a
// canary was in if its score is above 0. The caller must fix made before it sees scores.
// Guess counts how many guesses agree with the coins.
func Guess(in []bool, scores []float64, made int) (Guesses, error) {
	g := Guesses{Canaries: len(in), Made: made}
	if len(scores) != len(in) {
		return g, fmt.Errorf("%d scores of %d canaries: want one per canary", len(scores), len(in))
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
