package account

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/privacy/cost"
)

// Curve is the Renyi differential privacy of a plan: at each order an upper bound on the
// Renyi divergence between neighbours. A divergence may be infinite.
type Curve struct{ Orders, Divergences []float64 }

// Orders are the orders that the RDP accountant uses.
func Orders() (orders []float64) {
	for tenth := 1; tenth < 100; tenth++ {
		orders = append(orders, 1+float64(tenth)/10)
	}
	for order := 11; order < 64; order++ {
		orders = append(orders, float64(order))
	}
	for _, order := range cost.Orders() { // so that the accountant is never worse than the ledger
		if order >= 64 {
			orders = append(orders, float64(order))
		}
	}
	return append(orders, 1024)
}

// maxOrder is the largest order of a curve. The error analysis holds up to it.
const maxOrder = 1024

// Curve is the plan's Renyi differential privacy at the given orders.
func (p Plan) Curve(orders []float64) (Curve, error) {
	if err := p.Validate(); err != nil {
		return Curve{}, err
	}
	for _, order := range orders {
		if !(order > 1 && order <= maxOrder) {
			return Curve{}, fmt.Errorf("the order of a Renyi divergence is %v: want above 1 and at most %d", order, maxOrder)
		}
	}
	return divergences(p.releases(), orders), nil
}

func divergences(all []release, orders []float64) Curve {
	c := Curve{Orders: orders, Divergences: make([]float64, len(orders))}
	for _, r := range all {
		m := newMoments(r)
		for i, order := range orders {
			c.Divergences[i] += r.steps * up(m.bound(order)/(order-1))
		}
	}
	return c
}

// Epsilon is the smallest epsilon that the curve proves for a delta, and its order.
func (c Curve) Epsilon(delta float64) (epsilon, order float64) {
	epsilon = epsilonOf(rdp{c}, delta)
	_, order = c.Delta(epsilon)
	return epsilon, order
}

// Delta is the smallest delta that the curve proves for an epsilon, and its order.
func (c Curve) Delta(epsilon float64) (delta, order float64) {
	log, order := c.best(func(order, divergence float64) float64 { return toLogDelta(order, divergence, epsilon) })
	return probability(log), order
}

// atDelta is [Curve.Epsilon] except for the last digits.
func (c Curve) atDelta(delta float64) (epsilon, order float64) {
	return c.best(func(order, divergence float64) float64 { return toEpsilon(order, divergence, delta) })
}

func (c Curve) best(f func(order, divergence float64) float64) (value, order float64) {
	value = math.Inf(1)
	for i, at := range c.Orders {
		if v := f(at, c.Divergences[i]); v < value {
			value, order = v, at
		}
	}
	return value, order
}

// toEpsilon is Canonne, Kamath and Steinke 2020, Proposition 12, rounded up.
func toEpsilon(order, divergence, delta float64) float64 {
	return math.Max(0, up(divergence+math.Log1p(-1/order)-(math.Log(delta)+math.Log(order))/(order-1)))
}

// toLogDelta is the same formula, solved for ln delta and rounded up.
func toLogDelta(order, divergence, epsilon float64) float64 {
	x, y := (order-1)*(divergence+math.Log1p(-1/order)), (order-1)*epsilon
	return x - y - math.Log(order) + (math.Abs(x)+y+1)*relativeSlack
}

func probability(log float64) float64 { return math.Min(1, up(math.Exp(math.Min(0, log)))) }

// rdp adds up the divergences at [Orders].
type rdp struct{ curve Curve }

func newRDP(all []release) (proof, error) { return rdp{divergences(all, Orders())}, nil }

func (c rdp) delta(epsilon float64) (delta, order float64) { return c.curve.Delta(epsilon) }

func (c rdp) startEpsilon(delta float64) float64 {
	epsilon, _ := c.curve.atDelta(delta)
	return epsilon
}

// moments are upper bounds on ln E_Q[(P/Q)^order] for one step of a release.
type moments struct {
	release
	cache   []float64 // at integer orders; 0 if not computed yet
	removal *moments  // moments between data with and without the unit; nil if they give no bound
}

func newMoments(r release) *moments {
	m := &moments{release: r, cache: make([]float64, maxOrder+1)}
	if r.removed != nil {
		m.removal = newMoments(release{whole: r.removed, sampled: r.removed, rate: r.rate})
	}
	return m
}

// bound is the moment at any order: the smaller of two bounds.
func (m *moments) bound(order float64) float64 {
	return math.Min(m.direct(order), m.throughRemoval(order))
}

// throughRemoval bounds the moment between two neighbours by the moments from each of them
// to the data without the unit, at twice the order (Cauchy and Schwarz).
func (m *moments) throughRemoval(order float64) float64 {
	if m.removal == nil || 2*order > maxOrder {
		return math.Inf(1)
	}
	second := 0.0 // at order 1
	if 2*order-1 > 1 {
		second = m.removal.bound(2*order - 1)
	}
	return (m.removal.bound(2*order) + second) / 2
}

// direct is the moment by the formulas for the mechanism itself. The moment is convex in
// the order and 0 at order 1, so between two integer orders it is at most the line between
// them.
func (m *moments) direct(order float64) float64 {
	low := math.Floor(order)
	if order == low {
		return m.integer(int(order))
	}
	below := 0.0
	if low > 1 {
		below = m.integer(int(low))
	}
	line := up(below + (order-low)*(m.integer(int(low)+1)-below))
	if m.whole.fractional() {
		line = math.Min(line, m.whole.moment(order))
	}
	if g, ok := m.sampled.(Gaussian); ok && m.rate < 1 && !m.substituted {
		if v := fractionalGaussian(m.rate, g.Noise, order); v >= 0 {
			return math.Min(line, v)
		}
	}
	return line
}

func (m *moments) integer(order int) float64 {
	if m.cache[order] == 0 {
		m.cache[order] = m.whole.moment(float64(order))
		if m.rate < 1 {
			m.cache[order] = math.Min(m.cache[order], m.amplified(order))
		}
	}
	return m.cache[order]
}

// amplified is the moment at an integer order with amplification by sampling:
//
//	ln(1 + f sum_{k=2..order} C(order,k) rate^k (1-rate)^(order-k) (E(k)-1))
//
// where ln E(k) is the moment of the mechanism. If neighbours differ by one unit that is
// present or absent, f is 1 (Zhu and Wang 2019, Theorem 5; symmetric noise does not need
// its factor 3). If one unit replaces another, f is 2 if one pair of distributions
// dominates all neighbours, otherwise 2 (2-rate). Proofs are in docs/privacy-proofs.md.
func (m *moments) amplified(order int) float64 {
	n, sum := float64(order), math.Inf(-1)
	logDrawn, logNotDrawn := math.Log(m.rate), math.Log1p(-m.rate)
	for i := 2; i <= order; i++ {
		k := float64(i)
		sum = logAdd(sum, logBinomial(n, k)+k*logDrawn+(n-k)*logNotDrawn+logExpm1(m.sampled.moment(k)))
	}
	sum = log1pExp(sum + math.Log(m.factor()))
	if m.substituted && m.sampled.pair() == nil {
		return math.Min(sum, m.replaced(order))
	}
	return sum
}

// replaced is Wang, Balle and Kasiviswanathan 2019, Theorem 9:
//
//	ln(1 + C(order,2) rate^2 min(4 (E(2)-1), 2 E(2)) + 2 sum_{k=3..order} C(order,k) rate^k E(k))
func (m *moments) replaced(order int) float64 {
	n, logDrawn, two := float64(order), math.Log(m.rate), m.sampled.moment(2)
	sum := logBinomial(n, 2) + 2*logDrawn + math.Min(math.Log(4)+logExpm1(two), math.Ln2+two)
	for k := 3.0; k <= n; k++ {
		sum = logAdd(sum, math.Ln2+logBinomial(n, k)+k*logDrawn+m.sampled.moment(k))
	}
	return log1pExp(sum)
}

func (m *moments) factor() float64 {
	switch {
	case !m.substituted:
		return 1
	case m.sampled.pair() != nil:
		return 2
	}
	return 2 * (2 - m.rate)
}

// fractionalGaussian is the moment of the sampled Gaussian at a fractional order (Mironov,
// Talwar and Zhang 2019, section 3.3): two series whose terms have the signs of the
// generalised binomial coefficients. It is NaN if the terms cancel out.
func fractionalGaussian(rate, noise, order float64) float64 {
	lower, upper := math.Inf(-1), math.Inf(-1)
	split := noise*noise*math.Log(1/rate-1) + 0.5
	logDrawn, logNotDrawn := math.Log(rate), math.Log1p(-rate)
	binomial, sign := 0.0, 1.0 // ln|C(order,i)| and its sign
	const maxTerms = 5000
	for i := 0; ; i++ {
		k := float64(i)
		if i > 0 {
			factor := (order - k + 1) / k
			binomial += math.Log(math.Abs(factor))
			if factor < 0 {
				sign = -sign
			}
		}
		j := order - k
		a := binomial + k*logDrawn + j*logNotDrawn + k*(k-1)/(2*noise*noise) + logAbove((k-split)/noise)
		b := binomial + j*logDrawn + k*logNotDrawn + j*(j-1)/(2*noise*noise) + logAbove((split-j)/noise)
		if sign > 0 {
			lower, upper = logAdd(lower, a), logAdd(upper, b)
		} else {
			lower, upper = logSub(lower, a), logSub(upper, b)
		}
		// From here on signs alternate and terms shrink, so the remaining sum is less than
		// the last term.
		if last := math.Max(a, b); k > order+1 && (last < -34 || i == maxTerms) {
			return logAdd(lower, upper) + absoluteSlack + 2*math.Exp(last)
		}
	}
}
