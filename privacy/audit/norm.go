package audit

import (
	"fmt"
	"math"
	"sync"

	"github.com/althing-network/althing/privacy"
)

// normAlarm is the chance that the norm of honest noise is outside of what Norm says.
const normAlarm = 1e-9

// Norm bounds the squared norm, in quanta squared, of so many independent draws of a
// law, made so many times: it is outside of low to high in any of these times with a
// chance below 1e-9, half of it on each side. The bound is Chernoff's, so it holds for
// each law and any number of draws:
//
//	P[sum of x^2 >= high] <= e^(-t high) E[e^(t x^2)]^draws  for every t > 0
//
// and the same with -x^2 for low; t is what gives the narrowest bounds. The moments are
// the law's own and not those of a table that draws it: a table that is wrong is found, too.
func Norm(law privacy.Law, draws, times int) (low, high float64, err error) {
	if law == nil || draws < 1 || times < 1 {
		return 0, 0, fmt.Errorf("norm of %d draws, %d times: want a law of noise and at least one draw, one time", draws, times)
	}
	if err := law.Validate(); err != nil {
		return 0, 0, err
	}
	floor, ceiling, err := brackets(law)
	if err != nil {
		return 0, 0, err
	}
	chance := normAlarm / float64(times)
	return energy{{floor, float64(draws)}}.low(chance), energy{{ceiling, float64(draws)}}.high(chance), nil
}

// Norms remembers what [Norm] said: a task asks the same in each round. Its zero value is
// ready, and it is safe for concurrent use. A nil one remembers nothing.
type Norms struct {
	mu   sync.Mutex
	said map[normOf][2]float64
}

// normOf is what Norm was asked.
type normOf struct {
	law          privacy.Law
	draws, times int
}

// Of is [Norm].
func (n *Norms) Of(law privacy.Law, draws, times int) (low, high float64, err error) {
	if n == nil {
		return Norm(law, draws, times)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	asked := normOf{law, draws, times}
	if b, ok := n.said[asked]; ok {
		return b[0], b[1], nil
	}
	if low, high, err = Norm(law, draws, times); err != nil {
		return 0, 0, err
	}
	if n.said == nil {
		n.said = map[normOf][2]float64{}
	}
	n.said[asked] = [2]float64{low, high}
	return low, high, nil
}

// squares is the law of the square of one draw, in rising order.
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

// energy is the law of a sum of independent squares, so many of each law.
type energy []repeated

type repeated struct {
	squares
	draws float64
}

func (e energy) mean() (sum float64) {
	for _, part := range e {
		sum += part.draws * part.mean()
	}
	return sum
}

func (e energy) cumulant(t float64) (sum float64) {
	for _, part := range e {
		sum += part.draws * part.cumulant(t)
	}
	return sum
}

// between is where the sum is, but for a chance, half of it on each side.
func (e energy) between(chance float64) (low, high float64) { return e.low(chance), e.high(chance) }

const slack = 1e-9 // of a bound, relative: far more than the floats lose

// low is what the sum is not below, but for half of a chance.
func (e energy) low(chance float64) float64 {
	rare := math.Log(chance / 2)
	return max(0, -e.least(func(t float64) float64 { return (e.cumulant(-t) - rare) / t })*(1-slack))
}

// high is what the sum is not above, but for half of a chance.
func (e energy) high(chance float64) float64 {
	rare := math.Log(chance / 2)
	return e.least(func(t float64) float64 { return (e.cumulant(t) - rare) / t }) * (1 + slack)
}

// chance is a bound on the chance that the sum is as far from its mean as this one, on
// either side.
func (e energy) chance(sum float64) float64 {
	side := 1.0
	if sum < e.mean() {
		side = -1
	}
	return chanceOf(2 * math.Exp(e.least(func(t float64) float64 { return e.cumulant(side*t) - side*t*sum })))
}

// least is the least value of a function of t > 0 that falls and then rises, as all
// bounds here do: the cumulant is convex. Any t gives a bound that holds.
func (e energy) least(bound func(t float64) float64) float64 {
	const (
		steps   = 45
		section = 0.6180339887498949 // golden
	)
	largest, smallest := 0.0, math.Inf(1) // square, and mean of a law
	for _, part := range e {
		largest, smallest = max(largest, part.values[len(part.values)-1]), min(smallest, part.mean())
	}
	low, high := math.Log(1e-4/largest), math.Log(1e4/smallest)
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

// leastChance is the smallest chance that an audit says: a smaller one is said as this.
const leastChance = 1e-100

// chanceOf is the chance that a bound says something about.
func chanceOf(bound float64) float64 { return min(1, max(leastChance, bound)) }

// confidence refuses an allowed chance of false alarm that is none.
func confidence(tau float64) error {
	if !(0 < tau && tau < 1) {
		return fmt.Errorf("tau is %g: want a chance of false alarm between 0 and 1", tau)
	}
	return nil
}
