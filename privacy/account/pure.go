package account

import "math"

// basic is the sum of pure epsilons.
type basic struct{ sum float64 }

func newBasic(all []release) (proof, error) {
	var b basic
	for _, r := range all {
		epsilon := r.pure()
		if math.IsInf(epsilon, 1) {
			return nil, Basic.unsound("adds up pure epsilons, and %v has none", r.whole)
		}
		b.sum = nextUp(b.sum + nextUp(r.steps*epsilon))
	}
	return b, nil
}

func (b basic) near(float64) float64 { return b.sum }

func (b basic) delta(epsilon float64) (delta, order float64) {
	if epsilon >= b.sum {
		return 0, 0
	}
	return 1, 0
}

// kov is the optimal composition of k steps of one pure epsilon: for every i up to
// k/2 it is ((k-2i) epsilon, delta_i)-private (Kairouz, Oh and Viswanath 2015,
// Theorem 3.3).
type kov struct {
	step float64
	k    int
}

// maxKOV is as many steps as the binomial coefficients are added up for.
const maxKOV = 1_000_000

func newKOV(all []release) (proof, error) {
	c := kov{step: all[0].pure()}
	steps := 0.0
	for _, r := range all {
		switch epsilon := r.pure(); {
		case math.IsInf(epsilon, 1):
			return nil, KOV.unsound("composes pure steps, and %v is not", r.whole)
		case epsilon != c.step:
			return nil, KOV.unsound("composes steps of one epsilon, and these have %v and %v", c.step, epsilon)
		}
		steps += r.steps
	}
	if steps > maxKOV {
		return nil, KOV.unsound("composes at most %d steps", maxKOV)
	}
	c.k = int(steps)
	return c, nil
}

// more is one step more. Steps that are not taken cost nothing, so its bounds are
// bounds; with them, more steps never cost less, which the grid (k-2i) alone breaks
// between odd and even k.
func (c kov) more() kov { return kov{c.step, c.k + 1} }

func (c kov) near(delta float64) float64 { return math.Min(c.least(delta), c.more().least(delta)) }

func (c kov) delta(epsilon float64) (delta, order float64) {
	return math.Min(c.deltaBelow(epsilon), c.more().deltaBelow(epsilon)), 0
}

// least is the least epsilon of the grid at which delta is reached.
func (c kov) least(delta float64) float64 {
	low, high := 0, c.k/2+1 // delta_low <= delta; delta_high is more, or there is none
	for high-low > 1 {
		if middle := (low + high) / 2; c.deltaAt(middle) <= delta {
			low = middle
		} else {
			high = middle
		}
	}
	return c.epsilonAt(low)
}

// deltaBelow is the delta of the largest epsilon of the grid up to the given one.
func (c kov) deltaBelow(epsilon float64) float64 {
	i := int(math.Ceil(math.Max(0, float64(c.k)-epsilon/c.step) / 2))
	for ; i <= c.k/2; i++ {
		if c.epsilonAt(i) <= epsilon {
			return c.deltaAt(i)
		}
	}
	return 1
}

func (c kov) epsilonAt(i int) float64 {
	if c.k == 2*i {
		return 0
	}
	return up(float64(c.k-2*i) * c.step)
}

// deltaAt adds up the outcomes in which l steps go the unlikely way, from l = i-1
// down. The terms are log-concave in l, so once they fall they only fall.
func (c kov) deltaAt(i int) float64 {
	k, sum, before := float64(c.k), 0.0, 0.0
	norm := k * log1pExp(c.step)
	for l := i - 1; l >= 0; l-- {
		x := float64(l)
		term := math.Exp(logBinomial(k, x)+(k-x)*c.step-norm) * -math.Expm1(-2*float64(i-l)*c.step)
		sum += term
		if rest := x * term; term < before && rest <= 1e-16*sum {
			sum += rest
			break
		}
		before = term
	}
	return math.Min(1, sum*(1+relativeSlack+16*ulp*k*math.Log(k+2)))
}
