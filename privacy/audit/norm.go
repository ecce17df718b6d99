package audit

import (
	"fmt"
	"math"
	"sync"

	"github.com/althing-network/althing/privacy"
)

// normAlarm is the probability of a false alarm: that the norm of honest noise is outside of
// the range of Norm.
const normAlarm = 1e-9

// Norm bounds the squared norm, in quanta squared, of a number of independent draws from a
// law. If such draws are made times times, the probability that any of the norms is outside
// of low to high is below 1e-9, half of it on each side. It is Chernoff's bound, which holds
// for every law and any number of draws:
//
//	P[sum of x^2 >= high] <= e^(-t high) E[e^(t x^2)]^draws  for every t > 0
//
// and the same with -x^2 for low, with the t that gives the narrowest bounds. The moments
// are those of the law, not of a table that draws from it, so a wrong table is detected too.
func Norm(law privacy.Law, draws, times int) (low, high float64, err error) {
	if law == nil || draws < 1 || times < 1 {
		return 0, 0, fmt.Errorf("norm of %d draws, %d times: want a law of noise, at least 1 draw and at least 1 time", draws, times)
	}
	if err := law.Validate(); err != nil {
		return 0, 0, err
	}
	floor, ceiling, err := brackets(law)
	if err != nil {
		return 0, 0, err
	}
	chance := normAlarm / float64(times)
	return sumOfSquares{{floor, float64(draws)}}.low(chance), sumOfSquares{{ceiling, float64(draws)}}.high(chance), nil
}

// Norms caches results of [Norm]: a task needs the same one in each round. Its zero value
// is ready, and it is safe for concurrent use. A nil *Norms works and caches nothing.
type Norms struct {
	mu    sync.Mutex
	cache map[normKey][2]float64
}

// normKey is the arguments of Norm.
type normKey struct {
	law          privacy.Law
	draws, times int
}

// Of is [Norm] with the cache.
func (n *Norms) Of(law privacy.Law, draws, times int) (low, high float64, err error) {
	if n == nil {
		return Norm(law, draws, times)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := normKey{law, draws, times}
	if b, ok := n.cache[key]; ok {
		return b[0], b[1], nil
	}
	if low, high, err = Norm(law, draws, times); err != nil {
		return 0, 0, err
	}
	if n.cache == nil {
		n.cache = map[normKey][2]float64{}
	}
	n.cache[key] = [2]float64{low, high}
	return low, high, nil
}

// squares is the law of the square of one draw, in rising order.
type squares struct{ values, odds []float64 }

func tableSquares(noise *privacy.Table) (s squares) {
	for k := range int64(noise.Largest()) + 1 {
		p := tableOdds(noise, k)
		if k > 0 {
			p *= 2 // for -k too
		}
		if p > 0 {
			s.values, s.odds = append(s.values, float64(k)*float64(k)), append(s.odds, p)
		}
	}
	return s
}

// tableOdds is the probability that a table draws k.
func tableOdds(noise *privacy.Table, k int64) float64 {
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

// sumOfSquares is the law of a sum of independent squares, with a number of draws from each
// of several laws.
type sumOfSquares []repeatedSquares

type repeatedSquares struct {
	squares
	draws float64
}

func (e sumOfSquares) mean() (sum float64) {
	for _, part := range e {
		sum += part.draws * part.mean()
	}
	return sum
}

func (e sumOfSquares) cumulant(t float64) (sum float64) {
	for _, part := range e {
		sum += part.draws * part.cumulant(t)
	}
	return sum
}

// between are the bounds that the sum exceeds only with the given probability, half of it
// on each side.
func (e sumOfSquares) between(chance float64) (low, high float64) {
	return e.low(chance), e.high(chance)
}

const slack = 1e-9 // relative slack of a bound, far above the rounding error

// low is the lower of the two bounds.
func (e sumOfSquares) low(chance float64) float64 {
	rare := math.Log(chance / 2)
	return max(0, -e.minimum(func(t float64) float64 { return (e.cumulant(-t) - rare) / t })*(1-slack))
}

// high is the upper of the two bounds.
func (e sumOfSquares) high(chance float64) float64 {
	rare := math.Log(chance / 2)
	return e.minimum(func(t float64) float64 { return (e.cumulant(t) - rare) / t }) * (1 + slack)
}

// chance is a bound on the probability that the sum is at least as far from its mean as this
// one, on either side.
func (e sumOfSquares) chance(sum float64) float64 {
	side := 1.0
	if sum < e.mean() {
		side = -1
	}
	return limitChance(2 * math.Exp(e.minimum(func(t float64) float64 { return e.cumulant(side*t) - side*t*sum })))
}

// minimum is about the smallest value of a bound as a function of t > 0. All bounds here
// fall and then rise with t, because the cumulant is convex. Every t gives a valid bound.
func (e sumOfSquares) minimum(bound func(t float64) float64) float64 {
	const (
		steps   = 45
		section = 0.6180339887498949 // golden
	)
	largest, smallest := 0.0, math.Inf(1) // largest square, and smallest mean of a law
	for _, part := range e {
		largest, smallest = max(largest, part.values[len(part.values)-1]), min(smallest, part.mean())
	}
	low, high := math.Log(1e-4/largest), math.Log(1e4/smallest)
	at := func(x float64) float64 { return bound(math.Exp(x)) }
	a, b := high-section*(high-low), low+section*(high-low)
	fa, fb := at(a), at(b)
	for range steps {
		if fa <= fb { // both may be infinite for large t
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

// minChance is the smallest p-value that an audit reports, also for smaller ones.
const minChance = 1e-100

// limitChance limits a bound to the range of p-values, minChance to 1.
func limitChance(bound float64) float64 { return min(1, max(minChance, bound)) }

// checkTau checks the allowed probability of a false alarm.
func checkTau(tau float64) error {
	if !(0 < tau && tau < 1) {
		return fmt.Errorf("tau is %g: want a probability of a false alarm above 0 and below 1", tau)
	}
	return nil
}
