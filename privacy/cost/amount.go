package cost

import (
	"errors"
	"math/bits"
)

// Amount is a privacy loss: of one release, or the sum of many. The releases in it may
// be of different mechanisms, and each may be chosen after the ones before were seen.
type Amount struct {
	// Epsilon is the sum of what is purely private, and PureRho the same releases again,
	// each as half the square of its epsilon, which is a rho too. Whichever bounds less
	// counts, so they are always added together.
	Epsilon Epsilon `json:",omitzero"`
	PureRho Nano    `json:",omitzero"`
	// Rho and Xi are the sums of (xi, rho)-zCDP: of order alpha, xi + alpha rho.
	Rho Nano `json:",omitzero"`
	Xi  Nano `json:",omitzero"`
	// Curve is the sum of what zCDP does not describe, as sampled releases.
	Curve Curve `json:",omitzero"`
}

// Zero reports whether nothing was released.
func (a Amount) Zero() bool { return a == Amount{} }

// Plus is the loss of both. The error wraps [ErrOverflow].
func (a Amount) Plus(b Amount) (Amount, error) {
	sum := Amount{
		Epsilon: a.Epsilon + b.Epsilon,
		PureRho: a.PureRho + b.PureRho,
		Rho:     a.Rho + b.Rho,
		Xi:      a.Xi + b.Xi,
		Curve:   a.Curve.plus(b.Curve),
	}
	return sum, sum.Validate()
}

// Times is the loss of n such releases. The error wraps [ErrOverflow].
func (a Amount) Times(n uint64) (Amount, error) {
	product := Amount{
		Epsilon: Epsilon(saturated(Nano(a.Epsilon), n)),
		PureRho: saturated(a.PureRho, n),
		Rho:     saturated(a.Rho, n),
		Xi:      saturated(a.Xi, n),
		Curve:   a.Curve.times(n),
	}
	return product, product.Validate()
}

// Validate refuses losses that are too large to be added up, and what is pure in one way
// of counting and free in the other.
func (a Amount) Validate() error {
	if (a.Epsilon == 0) != (a.PureRho == 0) {
		return errors.New("a pure epsilon and its rho do not go together: one of them is 0")
	}
	if uint64(a.Epsilon) >= most || a.PureRho >= most || a.Rho >= most || a.Xi >= most {
		return ErrOverflow
	}
	for _, divergence := range a.Curve {
		if divergence > Dead {
			return ErrOverflow
		}
	}
	return nil
}

// divergences is a bound on the Renyi divergence of each order.
func (a Amount) divergences() (c Curve) {
	pure := saturated(Nano(a.Epsilon), nanosOfMicro)
	for i, order := range Orders() {
		c[i] = min(pure, saturated(a.PureRho, uint64(order)))
		c[i] = min(c[i]+a.Xi, Dead)
		c[i] = min(c[i]+saturated(a.Rho, uint64(order)), Dead)
	}
	return c.plus(a.Curve)
}

const nanosOfMicro = 1000

// At is the smallest epsilon of which, with a delta, nothing more was lost, in nanos and
// rounded up, and the order of Renyi divergence that shows it, 0 for all of them: what
// is purely private needs no delta. The error is [ErrNoOrder], or says that delta is not
// between 0 and 1.
func (a Amount) At(delta Delta) (epsilon Nano, order int, err error) {
	if err := delta.Validate(); err != nil {
		return 0, 0, err
	}
	epsilon, order = a.at(convert(delta))
	if epsilon >= Dead {
		return 0, 0, ErrNoOrder
	}
	return epsilon, order, nil
}

// at is epsilon by a conversion; Dead where no order shows any.
func (a Amount) at(c conversion) (epsilon Nano, order int) {
	orders := Orders()
	epsilon = Dead
	if a.Rho == 0 && a.Curve.Zero() {
		epsilon = min(saturated(Nano(a.Epsilon), nanosOfMicro)+a.Xi, Dead)
	}
	for i, divergence := range a.divergences() {
		if divergence >= Dead {
			continue
		}
		if e := Nano(max(0, int64(divergence)+c[i])); e < epsilon {
			epsilon, order = e, orders[i]
		}
	}
	return epsilon, order
}

// saturated is n times a loss, or Dead where it is larger.
func saturated(loss Nano, n uint64) Nano {
	high, low := bits.Mul64(uint64(loss), n)
	if high > 0 || low > most {
		return Dead
	}
	return Nano(low)
}
