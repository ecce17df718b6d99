package cost

import (
	"errors"
	"math/bits"
)

// Amount is the privacy loss of one release or of many. The releases may be of different
// mechanisms, and each may be chosen after the earlier ones are known.
type Amount struct {
	// Epsilon is the sum of the epsilons of pure releases. PureRho is the sum over the same
	// releases of half the square of epsilon, which is a rho of zCDP. The smaller of the two
	// bounds counts, so both are always added.
	Epsilon Epsilon `json:",omitzero"`
	PureRho Nano    `json:",omitzero"`
	// Rho and Xi are the sums of (xi, rho)-zCDP: the Renyi divergence of order alpha is
	// xi + alpha rho.
	Rho Nano `json:",omitzero"`
	Xi  Nano `json:",omitzero"`
	// Curve is the sum of releases that zCDP does not describe, such as sampled ones.
	Curve Curve `json:",omitzero"`
}

// Zero reports whether the loss is zero.
func (a Amount) Zero() bool { return a == Amount{} }

// Plus is the sum of two losses. The error wraps [ErrOverflow].
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

// Times is n times the loss. The error wraps [ErrOverflow].
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

// Validate checks that the numbers are small enough to be added, and that Epsilon and
// PureRho are both 0 or both above 0.
func (a Amount) Validate() error {
	if (a.Epsilon == 0) != (a.PureRho == 0) {
		return errors.New("only one of the pure epsilon and its rho is 0: want both or neither")
	}
	if uint64(a.Epsilon) >= maxAmount || a.PureRho >= maxAmount || a.Rho >= maxAmount || a.Xi >= maxAmount {
		return ErrOverflow
	}
	for _, divergence := range a.Curve {
		if divergence > NoBound {
			return ErrOverflow
		}
	}
	return nil
}

// divergences is an upper bound on the Renyi divergence at each order.
func (a Amount) divergences() (c Curve) {
	pure := saturated(Nano(a.Epsilon), nanosOfMicro)
	for i, order := range Orders() {
		c[i] = min(pure, saturated(a.PureRho, uint64(order)))
		c[i] = min(c[i]+a.Xi, NoBound)
		c[i] = min(c[i]+saturated(a.Rho, uint64(order)), NoBound)
	}
	return c.plus(a.Curve)
}

const nanosOfMicro = 1000

// At is the smallest proven epsilon for a delta, in units of 1e-9 and rounded up. order is
// the order of the Renyi divergence that proves it; 0 if it is a sum of pure epsilons, which
// needs no delta. The error is [ErrNoOrder], or says that delta is not between 0 and 1.
func (a Amount) At(delta Delta) (epsilon Nano, order int, err error) {
	if err := delta.Validate(); err != nil {
		return 0, 0, err
	}
	epsilon, order = a.at(convert(delta))
	if epsilon >= NoBound {
		return 0, 0, ErrNoOrder
	}
	return epsilon, order, nil
}

// at is At with a prepared conversion; NoBound if no order proves an epsilon.
func (a Amount) at(c conversion) (epsilon Nano, order int) {
	orders := Orders()
	epsilon = NoBound
	if a.Rho == 0 && a.Curve.Zero() {
		epsilon = min(saturated(Nano(a.Epsilon), nanosOfMicro)+a.Xi, NoBound)
	}
	for i, divergence := range a.divergences() {
		if divergence >= NoBound {
			continue
		}
		if e := Nano(max(0, int64(divergence)+c[i])); e < epsilon {
			epsilon, order = e, orders[i]
		}
	}
	return epsilon, order
}

// saturated is n times a loss, at most NoBound.
func saturated(loss Nano, n uint64) Nano {
	high, low := bits.Mul64(uint64(loss), n)
	if high > 0 || low > maxAmount {
		return NoBound
	}
	return Nano(low)
}
