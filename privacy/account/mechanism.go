package account

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/privacy"
)

// Mechanism is noise beside the bound on what one unit adds to a sum. The bound is
// that of one contribution; how far neighbours lie apart follows from the adjacency
// of the plan. Noise is independent in every coordinate, and the bound holds for the
// whole vector.
//
// It is one of [Gaussian], [Laplace], [DiscreteLaplace], [Skellam] and [Pure].
type Mechanism interface {
	fmt.Stringer
	// Validate reports what is wrong with the mechanism's parameters.
	Validate() error

	// stretched is the mechanism for neighbours twice as far apart.
	stretched() Mechanism
	// scaled is the mechanism with the standard deviation of its noise multiplied.
	scaled(factor float64) Mechanism
	// pure is the epsilon that holds with a delta of 0; infinite where there is none.
	pure() float64
	// concentrated is (xi, rho): the RDP is at most xi + rho*order at every integer
	// order from 2 on, and at every real order above 1 where xi is 0.
	concentrated() (xi, rho float64)
	// moment is ln E_Q[(P/Q)^order], an upper bound over all neighbours: the RDP
	// times order-1. It is asked for integer orders from 2 on, and for the others if
	// fractional says so.
	moment(order float64) float64
	fractional() bool
	// pair dominates all neighbours; nil where none is known.
	pair() pair
}

// Gaussian adds normal noise to every coordinate, or the rounded normal noise of
// package privacy, which is a post-processing of it.
type Gaussian struct {
	// Noise is the standard deviation over the bound on the L2 norm.
	Noise float64
}

// Laplace adds Laplace noise to every coordinate.
type Laplace struct {
	// Epsilon is the bound on the L1 norm over the scale of the noise.
	Epsilon float64
}

// DiscreteLaplace adds to integers noise of which k has the probability
// tanh(A/2) exp(-A|k|).
type DiscreteLaplace struct {
	A float64
	// L1 is the bound on the L1 norm, in integers.
	L1 int64
}

// Skellam adds to integers the difference of two Poisson variables.
type Skellam struct {
	// Variance of the noise in one coordinate.
	Variance float64
	// L2Squared and L1 bound the square of the L2 norm and the L1 norm, in integers.
	L2Squared, L1 int64
}

// SkellamOf is noise of a standard deviation of so many times the bound on the L2 norm, for
// vectors of so many values of which the square of that norm is bounded in integers.
func SkellamOf(noise float64, l2Squared int64, values int) Skellam {
	bound := privacy.Bound{Norm: privacy.L2, Limit: uint64(l2Squared)}
	return Skellam{Variance: noise * noise * float64(l2Squared), L2Squared: l2Squared, L1: int64(bound.Magnitudes(values))}
}

// Pure is any mechanism of which nothing is known but an epsilon with a delta of 0.
type Pure struct{ Epsilon float64 }

// maxBound keeps four times a bound within an integer of 64 bits.
const maxBound = 1 << 60

// Validate implements [Mechanism].
func (m Gaussian) Validate() error { return moderate("noise of a gaussian", m.Noise) }

// Validate implements [Mechanism].
func (m Laplace) Validate() error { return moderate("epsilon of a laplace step", m.Epsilon) }

// Validate implements [Mechanism].
func (m Pure) Validate() error { return moderate("epsilon of a pure step", m.Epsilon) }

// Validate implements [Mechanism].
func (m DiscreteLaplace) Validate() error {
	if err := moderate("a of a discrete laplace", m.A); err != nil {
		return err
	}
	return bound("the L1 norm", m.L1)
}

// Validate implements [Mechanism].
func (m Skellam) Validate() error {
	if err := moderate("standard deviation of a skellam", math.Sqrt(m.Variance)); err != nil {
		return err
	}
	if err := bound("the square of the L2 norm", m.L2Squared); err != nil {
		return err
	}
	return bound("the L1 norm", m.L1)
}

// No parameter may be so extreme that floating point has no room for what is
// computed from it.
const (
	leastParameter = 1e-9
	mostParameter  = 1e9
)

func moderate(name string, x float64) error {
	if err := positive(name, x); err != nil {
		return err
	}
	if x < leastParameter || x > mostParameter {
		return fmt.Errorf("%s is %v: it must lie between %v and %v", name, x, leastParameter, mostParameter)
	}
	return nil
}

func positive(name string, x float64) error {
	if !(x > 0) || math.IsInf(x, 0) {
		return fmt.Errorf("%s is %v: it must be a positive number", name, x)
	}
	return nil
}

func bound(name string, x int64) error {
	if x < 1 || x > maxBound {
		return fmt.Errorf("the bound on %s is %d: it must lie between 1 and %d", name, x, int64(maxBound))
	}
	return nil
}

// String says the mechanism in words.
func (m Gaussian) String() string { return fmt.Sprintf("gaussian with noise %v", m.Noise) }

// String says the mechanism in words.
func (m Laplace) String() string { return fmt.Sprintf("laplace with epsilon %v a step", m.Epsilon) }

// String says the mechanism in words.
func (m DiscreteLaplace) String() string {
	return fmt.Sprintf("discrete laplace with a %v and an L1 norm of %d", m.A, m.L1)
}

// String says the mechanism in words.
func (m Skellam) String() string {
	return fmt.Sprintf("skellam with variance %v, squared L2 norm %d and L1 norm %d", m.Variance, m.L2Squared, m.L1)
}

// String says the mechanism in words.
func (m Pure) String() string { return fmt.Sprintf("pure with epsilon %v a step", m.Epsilon) }

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

// concentrated reads the first bound of [Skellam.moment] as a line in the order.
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

// moment is the sum over the values of the loss, A(L1-2j) for j from 0 to L1; the
// inner ones are a geometric series. All of the norm in one coordinate is the worst
// vector, see docs/privacy-proofs.md.
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

// moment is the bound of Agarwal, Kairouz and Liu 2021; it holds
// at integer orders.
func (m Skellam) moment(order float64) float64 {
	v, square, l1 := m.Variance, float64(m.L2Squared), float64(m.L1)
	return (order - 1) * (2*order*square*v + math.Min((2*order-1)*square+6*l1, 6*l1*v)) / (4 * v * v)
}

// moment is that of randomised response, which dominates every mechanism with this
// epsilon (Kairouz, Oh and Viswanath 2015).
func (m Pure) moment(order float64) float64 {
	return pureMoment(order, m.Epsilon, logAdd((order-1)*m.Epsilon, -order*m.Epsilon)-math.Log1p(math.Exp(-m.Epsilon)))
}

// pureMoment raises a moment that was computed as a difference, which tells nothing
// where epsilon is tiny; there zCDP is as good.
func pureMoment(order, epsilon, computed float64) float64 {
	_, rho := pureRho(epsilon)
	return math.Min(computed+2*absoluteSlack, order*(order-1)*rho)
}

func (Gaussian) fractional() bool        { return true }
func (Laplace) fractional() bool         { return true }
func (DiscreteLaplace) fractional() bool { return true }
func (Skellam) fractional() bool         { return false }
func (Pure) fractional() bool            { return true }
