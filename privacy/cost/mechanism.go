package cost

import (
	"errors"
	"fmt"
	"math/big"
)

var errNoNoise = errors.New("no noise is named")

// Mechanism is all that the cost of one release depends on.
type Mechanism struct {
	Noise     Noise
	Norm      Norm // of one unit's contribution to the sum
	Adjacency Adjacency
	Sampling  Sampling
}

// Validate reports what is wrong with the mechanism.
func (m Mechanism) Validate() error {
	if m.Noise == nil {
		return errNoNoise
	}
	if err := m.Noise.Validate(m.Norm); err != nil {
		return err
	}
	if _, err := ParseAdjacency(string(m.Adjacency)); err != nil {
		return err
	}
	if m.Sampling.Of > 0 && m.Adjacency == AddRemove {
		return fmt.Errorf("a sample of a fixed size needs a public number of units: want another adjacency than %s", AddRemove)
	}
	return m.Sampling.Validate()
}

// Cost is what one release costs, rounded up. The cost of a sampled release is only a
// [Curve] and takes milliseconds to compute: do so once per task and keep it. The error is
// that of Validate, or wraps [ErrOverflow].
func (m Mechanism) Cost() (Amount, error) {
	if err := m.Validate(); err != nil {
		return Amount{}, err
	}
	if m.Sampling.everybody() {
		return m.Noise.unsampledCost(m.Norm.stretched(m.Adjacency.Stretch()))
	}
	curve, err := m.sampledCurve()
	return Amount{Curve: curve}, err
}

// sampledCurve is the cost of a valid mechanism in which only some units take part.
func (m Mechanism) sampledCurve() (Curve, error) {
	near, far := m.Norm.stretched(ZeroOut.Stretch()), m.Norm.stretched(ReplaceOne.Stretch())
	if m.Noise.maxDivergence(far).Cmp(big.NewRat(maxDivergence, 1)) > 0 {
		return Curve{}, errTooLittleNoise
	}
	q := m.Sampling.rate()
	moments := func(r distances) []*big.Float { return m.Noise.moments(r, largestOrder) }
	switch {
	case m.Sampling.Of > 0:
		// A unit that is not drawn leaves its place to another, so two samples differ as if
		// one unit was replaced, even if neighbours differ by less.
		return replaceCurve(moments(far), q), nil
	case m.Adjacency == ReplaceOne:
		return replaceCurve(moments(far), q).lower(poissonReplaceCurve(moments(near), q)), nil
	default:
		return poissonCurve(moments(near), q), nil
	}
}
