package cost

import (
	"errors"
	"fmt"
	"math/big"
)

var errNoNoise = errors.New("no noise is named")

// Mechanism is how one release is made: whatever its cost depends on.
type Mechanism struct {
	Noise     Noise
	Norm      Norm // of one unit's contribution, before it is added up
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
		return fmt.Errorf("a sample of a fixed number says how many units there are: %s does not go with it", AddRemove)
	}
	return m.Sampling.Validate()
}

// Cost is what one release costs, rounded up. A sampled release has a [Curve] alone,
// which takes milliseconds: compute it once for a task and keep it. The error is that of
// Validate, or wraps [ErrOverflow].
func (m Mechanism) Cost() (Amount, error) {
	if err := m.Validate(); err != nil {
		return Amount{}, err
	}
	if m.Sampling.everybody() {
		return m.Noise.whole(m.Norm.stretched(m.Adjacency.Stretch()))
	}
	curve, err := m.sampled()
	return Amount{Curve: curve}, err
}

// sampled is the cost of a valid mechanism of which some units are part.
func (m Mechanism) sampled() (Curve, error) {
	near, far := m.Norm.stretched(ZeroOut.Stretch()), m.Norm.stretched(ReplaceOne.Stretch())
	if m.Noise.worst(far).Cmp(big.NewRat(largest, 1)) > 0 {
		return Curve{}, errLarge
	}
	q := m.Sampling.rate()
	moments := func(r reach) []*big.Float { return m.Noise.moments(r, largestOrder) }
	switch {
	case m.Sampling.Of > 0:
		// A unit that is not drawn makes room for another, so two samples differ as if a
		// unit was replaced, also where neighbours differ by less.
		return replaced(moments(far), q), nil
	case m.Adjacency == ReplaceOne:
		return replaced(moments(far), q).least(thinnedTwice(moments(near), q)), nil
	default:
		return thinned(moments(near), q), nil
	}
}
