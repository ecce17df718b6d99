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
	r := m.Norm.stretched(m.Adjacency.Stretch())
	if m.Sampling.everybody() {
		return m.Noise.whole(r)
	}
	fixed := m.Sampling.Of > 0
	if fixed {
		// A unit that is not drawn makes room for another, so two samples differ as if a
		// unit was replaced, also where neighbours differ by less.
		r = m.Norm.stretched(ReplaceOne.Stretch())
	}
	if m.Noise.worst(r).Cmp(big.NewRat(largest, 1)) > 0 {
		return Amount{}, errLarge
	}
	moments := m.Noise.moments(r, largestOrder)
	if fixed || m.Adjacency == ReplaceOne {
		return Amount{Curve: replaced(moments, m.Sampling.rate())}, nil
	}
	return Amount{Curve: thinned(moments, m.Sampling.rate())}, nil
}
