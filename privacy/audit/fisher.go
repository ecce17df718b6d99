package audit

import (
	"fmt"
	"math"
)

// Fisher combines the p-values of several runs for the same claim, each with new coins: it
// is the probability that honest runs have p-values that are as small in total (Fisher
// 1932). Minus twice the sum of their logarithms is compared with a chi-square law that has
// twice as many degrees of freedom as there are runs. If a p-value is too large, the result
// is still a valid bound.
func Fisher(chances []float64) (p float64, err error) {
	if len(chances) == 0 {
		return 0, fmt.Errorf("0 runs: want at least 1")
	}
	half := 0.0 // of the statistic
	for i, p := range chances {
		if !(0 < p && p <= 1) {
			return 0, fmt.Errorf("run %d has p-value %g: want above 0 and at most 1", i, p)
		}
		half -= math.Log(p)
	}
	// A chi-square variable with 2K degrees of freedom is above 2x with the probability that
	// a Poisson variable with mean x is below K.
	sum, term := 0.0, -half
	for k := range len(chances) {
		if k > 0 {
			term += math.Log(half / float64(k))
		}
		sum += math.Exp(term)
	}
	return limitChance(sum), nil
}
