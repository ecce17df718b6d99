package account

import "math"

// basic is the sum of pure epsilons.
type basic struct{ sum float64 }

func newBasic(all []release) (proof, error) {
	var b basic
	for _, r := range all {
		epsilon := r.pure()
		if math.IsInf(epsilon, 1) {
			return nil, Basic.unsound("adds up pure epsilons: %v has none", r.whole)
		}
		b.sum = nextUp(b.sum + nextUp(r.steps*epsilon))
	}
	return b, nil
}

func (b basic) startEpsilon(float64) float64 { return b.sum }

func (b basic) delta(epsilon float64) (delta, order float64) {
	if epsilon >= b.sum {
		return 0, 0
	}
	return 1, 0
}

// kov is the optimal composition of k steps with the same pure epsilon: for every i up to
// k/2 it is ((k-2i) epsilon, delta_i)-private (Kairouz, Oh and Viswanath 2015,
// Theorem 3.3).
type kov struct {
	step float64
	k    int
}

// maxKOV is the maximum number of steps for which the terms are summed.
const maxKOV = 1_000_000

func newKOV(all []release) (proof, error) {
	c := kov{step: all[0].pure()}
	steps := 0.0
	for _, r := range all {
		switch epsilon := r.pure(); {
		case math.IsInf(epsilon, 1):
			return nil, KOV.unsound("composes pure steps: %v is not pure", r.whole)
		case epsilon != c.step:
			return nil, KOV.unsound("composes steps of the same epsilon: these have %v and %v", c.step, epsilon)
		}
		steps += r.steps
	}
	if steps > maxKOV {
		return nil, KOV.unsound("composes at most %d steps", maxKOV)
	}
	c.k = int(steps)
	return c, nil
}

// oneStepMore is the composition of k+1 steps. A step that is not taken costs nothing, so
// its bounds also hold for k steps. They are needed so that more steps never cost less: the
// grid (k-2i) alone differs between odd and even k.
func (c kov) oneStepMore() kov { return kov{c.step, c.k + 1} }

func (c kov) startEpsilon(delta float64) float64 {
	return math.Min(c.leastEpsilon(delta), c.oneStepMore().leastEpsilon(delta))
}

func (c kov) delta(epsilon float64) (delta, order float64) {
	return math.Min(c.deltaBelow(epsilon), c.oneStepMore().deltaBelow(epsilon)), 0
}

// leastEpsilon is the smallest epsilon of the grid at which delta is reached.
func (c kov) leastEpsilon(delta float64) float64 {
	low, high := 0, c.k/2+1 // delta_low <= delta; delta_high > delta, or there is no delta_high
	for high-low > 1 {
		if middle := (low + high) / 2; c.deltaAt(middle) <= delta {
			low = middle
		} else {
			high = middle
		}
	}
	return c.epsilonAt(low)
}

// deltaBelow is the delta of the largest epsilon of the grid that is at most epsilon.
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

// deltaAt sums over the outcomes in which l steps go the unlikely way, from l = i-1 down.
// The terms are log-concave in l, so once they fall they keep falling.
func (c kov) deltaAt(i int) float64 {
	k, sum, before := float64(c.k), 0.0, 0.0
	norm := k * log1pExp(c.step)
	for l := i - 1; l >= 0; l-- {
		x := float64(l)
		term := math.Exp(logBinomial(k, x)+(k-x)*c.step-norm) * -math.Expm1(-2*float64(i-l)*c.step)
		sum += term
		if bound := x * term; term < before && bound <= 1e-16*sum {
			sum += bound
			break
		}
		before = term
	}
	return math.Min(1, sum*(1+relativeSlack+16*ulp*k*math.Log(k+2)))
}
