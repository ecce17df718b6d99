package account

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/privacy"
)

// Mechanism is noise, together with the bound on what one unit adds to a sum. How far
// apart the sums of neighbouring data sets can be follows from that bound and from the
// plan's adjacency. Noise is independent in every coordinate; the bound is on the norm of
// the whole vector.
//
// It is one of [Gaussian], [Laplace], [DiscreteLaplace], [Skellam] and [Pure].
type Mechanism interface {
	fmt.Stringer
	// Validate reports what is wrong with the mechanism's parameters.
	Validate() error

	// stretched is the mechanism for neighbours that are twice as far apart.
	stretched() Mechanism
	// scaled is the mechanism with factor times the standard deviation of the noise.
	scaled(factor float64) Mechanism
	// pure is the epsilon that holds with a delta of 0; infinite if there is none.
	pure() float64
	// concentrated is (xi, rho): the Renyi divergence is at most xi + rho*order at every
	// integer order from 2 on, and if xi is 0 at every real order above 1.
	concentrated() (xi, rho float64)
	// moment is an upper bound on ln E_Q[(P/Q)^order] for all neighbours: the Renyi
	// divergence times order-1. It is called for integer orders from 2 on, and for other
	// orders only if fractional is true.
	moment(order float64) float64
	fractional() bool
	// pair dominates all neighbours; nil if none is known.
	pair() pair
}

// Gaussian adds normal noise to every coordinate, or the rounded normal noise of
// package privacy, which is a post-processing of it.
type Gaussian struct {
	// Noise is the standard deviation divided by the bound on the L2 norm.
	Noise float64
}

// Laplace adds Laplace noise to every coordinate.
type Laplace struct {
	// Epsilon is the bound on the L1 norm divided by the scale of the noise.
	Epsilon float64
}

// DiscreteLaplace adds integer noise to integers; k has the probability
// tanh(A/2) exp(-A|k|).
type DiscreteLaplace struct {
	A float64
	// L1 is the bound on the L1 norm, in integers.
	L1 int64
}

// Skellam adds the difference of two Poisson variables to integers.
type Skellam struct {
	// Variance of the noise in one coordinate.
	Variance float64
	// L2Squared and L1 bound the square of the L2 norm and the L1 norm, in integers.
	L2Squared, L1 int64
}

// SkellamOf is Skellam noise whose standard deviation is noise times the bound on the L2
// norm, for vectors of values integers with a squared L2 norm of at most l2Squared.
func SkellamOf(noise float64, l2Squared int64, values int) Skellam {
	bound := privacy.Bound{Norm: privacy.L2, Limit: uint64(l2Squared)}
	return Skellam{Variance: noise * noise * float64(l2Squared), L2Squared: l2Squared, L1: int64(bound.Magnitudes(values))}
}

// Pure is a mechanism of which only an epsilon with a delta of 0 is known.
type Pure struct{ Epsilon float64 }

// maxBound keeps four times a bound within 64 bits.
const maxBound = 1 << 60

// Validate implements [Mechanism].
func (m Gaussian) Validate() error { return checkParameter("noise of a gaussian", m.Noise) }

// Validate implements [Mechanism].
func (m Laplace) Validate() error { return checkParameter("epsilon of a laplace step", m.Epsilon) }

// Validate implements [Mechanism].
func (m Pure) Validate() error { return checkParameter("epsilon of a pure step", m.Epsilon) }

// Validate implements [Mechanism].
func (m DiscreteLaplace) Validate() error {
	if err := checkParameter("a of a discrete laplace", m.A); err != nil {
		return err
	}
	return checkBound("the L1 norm", m.L1)
}

// Validate implements [Mechanism].
func (m Skellam) Validate() error {
	if err := checkParameter("standard deviation of a skellam", math.Sqrt(m.Variance)); err != nil {
		return err
	}
	if err := checkBound("the square of the L2 norm", m.L2Squared); err != nil {
		return err
	}
	return checkBound("the L1 norm", m.L1)
}

// The range of parameters: outside of it floating point could overflow.
const (
	minParameter = 1e-9
	maxParameter = 1e9
)

func checkParameter(name string, x float64) error {
	if err := checkPositive(name, x); err != nil {
		return err
	}
	if x < minParameter || x > maxParameter {
		return fmt.Errorf("%s is %v: want %v to %v", name, x, minParameter, maxParameter)
	}
	return nil
}

func checkPositive(name string, x float64) error {
	if !(x > 0) || math.IsInf(x, 0) {
		return fmt.Errorf("%s is %v: want a number above 0", name, x)
	}
	return nil
}

func checkBound(name string, x int64) error {
	if x < 1 || x > maxBound {
		return fmt.Errorf("the bound on %s is %d: want 1 to %d", name, x, int64(maxBound))
	}
	return nil
}

// String says the mechanism in words.
func (m Gaussian) String() string { return fmt.Sprintf("gaussian with noise %v", m.Noise) }

// String says the mechanism in words.
func (m Laplace) String() string { return fmt.Sprintf("laplace with epsilon %v per step", m.Epsilon) }

// String says the mechanism in words.
func (m DiscreteLaplace) String() string {
	return fmt.Sprintf("discrete laplace with a %v and an L1 norm of %d", m.A, m.L1)
}

// String says the mechanism in words.
func (m Skellam) String() string {
	return fmt.Sprintf("skellam with variance %v, squared L2 norm %d and L1 norm %d", m.Variance, m.L2Squared, m.L1)
}

// String says the mechanism in words.
func (m Pure) String() string { return fmt.Sprintf("pure with epsilon %v per step", m.Epsilon) }

func (m Gaussian) stretched() Mechanism        { return Gaussian{m.Noise / 2} }
func (m Laplace) stretched() Mechanism         { return Laplace{2 * m.Epsilon} }
func (m DiscreteLaplace) stretched() Mechanism { return DiscreteLaplace{m.A, 2 * m.L1} }
func (m Skellam) stretched() Mechanism         { return Skellam{m.Variance, 4 * m.L2Squared, 2 * m.L1} }
func (m Pure) stretched() Mechanism            { return Pure{2 * m.Epsilon} }

func (m Gaussian) scaled(f float64) Mechanism        { return Gaussian{m.Noise * f} }
func (m Laplace) scaled(f float64) Mechanism         { return Laplace{m.Epsilon / f} }
func (m DiscreteLaplace) scaled(f float64) Mechanism { return DiscreteLaplace{m.A / f, m.L1} }
func (m Skellam) scaled(f float64) Mechanism {
	return Skellam{m.Variance * f * f, m.L2Squared, m.L1}
}
func (m Pure) scaled(f float64) Mechanism { return Pure{m.Epsilon / f} }

func (Gaussian) pure() float64          { return math.Inf(1) }
func (m Laplace) pure() float64         { return m.Epsilon }
func (m DiscreteLaplace) pure() float64 { return m.A * float64(m.L1) }
func (Skellam) pure() float64           { return math.Inf(1) }
func (m Pure) pure() float64            { return m.Epsilon }

// Bun and Steinke 2016, Propositions 1.4 and 1.6.
func (m Gaussian) concentrated() (xi, rho float64) { return 0, 1 / (2 * m.Noise * m.Noise) }
func (m Laplace) concentrated() (xi, rho float64)  { return pureRho(m.pure()) }
func (m DiscreteLaplace) concentrated() (xi, rho float64) {
	return pureRho(m.pure())
}
func (m Pure) concentrated() (xi, rho float64) { return pureRho(m.pure()) }

func pureRho(epsilon float64) (xi, rho float64) { return 0, epsilon * epsilon / 2 }

// concentrated is the first bound of [Skellam.moment] as a line in the order.
func (m Skellam) concentrated() (xi, rho float64) {
	v, square, l1 := m.Variance, float64(m.L2Squared), float64(m.L1)
	return math.Max(0, (6*l1-square)/(4*v*v)), square * (v + 1) / (2 * v * v)
}

func (m Gaussian) moment(order float64) float64 {
	return order * (order - 1) / (2 * m.Noise * m.Noise)
}

// Mironov 2017, Table II.
func (m Laplace) moment(order float64) float64 {
	return pureMoment(order, m.pure(), logAdd(
		math.Log(order/(2*order-1))+(order-1)*m.Epsilon,
		math.Log((order-1)/(2*order-1))-order*m.Epsilon))
}

// moment is the sum over the values of the loss, A(L1-2j) for j from 0 to L1; those
// between the two ends are a geometric series. The worst vector has all of its norm in one
// coordinate, see docs/privacy-proofs.md.
func (m DiscreteLaplace) moment(order float64) float64 {
	d := float64(m.L1)
	ends := logAdd((order-1)*m.A*d, -order*m.A*d)
	inner := math.Inf(-1)
	if m.L1 > 1 {
		step := (2*order - 1) * m.A
		inner = log1mExp(m.A) + (order-1)*m.A*d - step + log1mExp(step*(d-1)) - log1mExp(step)
	}
	return pureMoment(order, m.pure(), logAdd(ends, inner)-math.Log1p(math.Exp(-m.A)))
}

// moment is the bound of Agarwal, Kairouz and Liu 2021. It holds at integer orders.
func (m Skellam) moment(order float64) float64 {
	v, square, l1 := m.Variance, float64(m.L2Squared), float64(m.L1)
	return (order - 1) * (2*order*square*v + math.Min((2*order-1)*square+6*l1, 6*l1*v)) / (4 * v * v)
}

// moment is the moment of randomised response, which dominates every mechanism with this
// epsilon (Kairouz, Oh and Viswanath 2015).
func (m Pure) moment(order float64) float64 {
	return pureMoment(order, m.Epsilon, logAdd((order-1)*m.Epsilon, -order*m.Epsilon)-math.Log1p(math.Exp(-m.Epsilon)))
}

// pureMoment raises a moment that was computed as a difference. If epsilon is tiny, the
// difference is inaccurate and the zCDP bound is as good.
func pureMoment(order, epsilon, computed float64) float64 {
	_, rho := pureRho(epsilon)
	return math.Min(computed+2*absoluteSlack, order*(order-1)*rho)
}

func (Gaussian) fractional() bool        { return true }
func (Laplace) fractional() bool         { return true }
func (DiscreteLaplace) fractional() bool { return true }
func (Skellam) fractional() bool         { return false }
func (Pure) fractional() bool            { return true }
