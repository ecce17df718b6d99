package audit

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/privacy"
)

// normAlarm is the chance that the norm of honest noise is outside of what Norm says.
const normAlarm = 1e-9

// Norm bounds the squared norm, in quanta squared, of so many independent draws of a
// table: it is outside of low to high with a chance below 1e-9, half of it on each
// side. The bound is Chernoff's with the exact moments of what the table draws, so
// it holds for each law and any number of draws:
//
//	P[sum of x^2 >= high] <= e^(-t high) E[e^(t x^2)]^draws  for every t > 0
//
// and the same with -x^2 for low; t is what gives the narrowest bounds.
func Norm(noise *privacy.Table, draws int) (low, high float64, err error) {
	if noise == nil || draws < 1 {
		return 0, 0, fmt.Errorf("norm of %d draws: want a table of noise and at least one draw", draws)
	}
	low, high = squaresOf(noise).between(draws, normAlarm)
	return low, high, nil
}

// squares is the law of the square of one draw.
type squares struct{ values, odds []float64 }

func squaresOf(noise *privacy.Table) (s squares) {
	for k := range int64(noise.Largest()) + 1 {
		p := odds(noise, k)
		if k > 0 {
			p *= 2 // of -k as well
		}
		if p > 0 {
			s.values, s.odds = append(s.values, float64(k)*float64(k)), append(s.odds, p)
		}
	}
	return s
}

// odds is the chance that a table draws k.
func odds(noise *privacy.Table, k int64) float64 {
	p, _ := noise.Odds(k).Float64()
	return math.Ldexp(p, -128)
}

func (s squares) mean() (sum float64) {
	for i, p := range s.odds {
		sum += p * s.values[i]
	}
	return sum
}

// cumulant is ln E[e^(t x^2)].
func (s squares) cumulant(t float64) float64 {
	sum := 0.0
	for i, p := range s.odds {
		sum += p * math.Expm1(t*s.values[i])
	}
	return math.Log1p(sum)
}

// between is where the sum of so many squares is, but for a chance.
func (s squares) between(draws int, chance float64) (low, high float64) {
	const slack = 1e-9 // relative: far more than the floats lose
	n, rare := float64(draws), math.Log(chance/2)
	high = s.least(func(t float64) float64 { return (n*s.cumulant(t) - rare) / t })
	low = -s.least(func(t float64) float64 { return (n*s.cumulant(-t) - rare) / t })
	return max(0, low*(1-slack)), high * (1 + slack)
}

// chance is a bound on the chance that the sum of so many squares is as far from its
// mean as this one, on either side.
func (s squares) chance(draws int, sum float64) float64 {
	n, side := float64(draws), 1.0
	if sum < n*s.mean() {
		side = -1
	}
	return min(1, 2*math.Exp(s.least(func(t float64) float64 { return n*s.cumulant(side*t) - side*t*sum })))
}

// least is the least value of a function of t > 0 that falls and then rises, as all
// bounds here do: the cumulant is convex. Any t gives a bound that holds.
func (s squares) least(bound func(t float64) float64) float64 {
	const (
		steps   = 45
		section = 0.6180339887498949 // golden
	)
	low, high := math.Log(1e-4/s.values[len(s.values)-1]), math.Log(1e4/s.mean())
	at := func(x float64) float64 { return bound(math.Exp(x)) }
	a, b := high-section*(high-low), low+section*(high-low)
	fa, fb := at(a), at(b)
	for range steps {
		if fa <= fb { // both may be infinite, far to the right
			high, b, fb = b, a, fa
			a = high - section*(high-low)
			fa = at(a)
		} else {
			low, a, fa = a, b, fb
			b = low + section*(high-low)
			fb = at(b)
		}
	}
	return min(fa, fb)
}

// confidence refuses an allowed chance of false alarm that is none.
func confidence(tau float64) error {
	if !(0 < tau && tau < 1) {
		return fmt.Errorf("tau is %g: want a chance of false alarm between 0 and 1", tau)
	}
	return nil
}
