package audit

import (
	"fmt"
	"math"
)

// Fisher combines the chances that runs found, each for the same claim and with fresh
// coins: it is the chance that honest ones are together as small as these (Fisher
// 1932). Minus twice the sum of their logarithms is compared with chi-square of twice
// as many degrees of freedom as runs. A chance that is too large for its run keeps the
// bound.
func Fisher(chances []float64) (p float64, err error) {
	if len(chances) == 0 {
		return 0, fmt.Errorf("there are no runs to combine")
	}
	half := 0.0 // of the statistic
	for i, p := range chances {
		if !(0 < p && p <= 1) {
			return 0, fmt.Errorf("run %d has a chance of %g: want above 0, at most 1", i, p)
		}
		half -= math.Log(p)
	}
	// Chi-square of 2K degrees is above 2x where a Poisson of mean x is below K.
	sum, term := 0.0, -half
	for k := range len(chances) {
		if k > 0 {
			term += math.Log(half / float64(k))
		}
		sum += math.Exp(term)
	}
	return chanceOf(sum), nil
}
