package privacy

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/althing-network/althing/privacy/cost"
)

// ErrOverflow is wrapped if a sum could leave the range of its integers.
var ErrOverflow = errors.New("a sum could overflow")

// Ring is the range of the integers in which vectors are summed, in bits with the sign.
type Ring struct{ Bits uint } // 2 to 64

// Fits reports an error if a sum could leave the ring: a sum of vectors whose values have a
// magnitude of at most largest, and of draws of noise with a magnitude of at most noise.
// The bounds are not estimates: a sum that fits never overflows.
func (r Ring) Fits(vectors, largest, draws, noise uint64) error {
	if r.Bits < 2 || r.Bits > 64 {
		return fmt.Errorf("ring of %d bits: want 2 to 64", r.Bits)
	}
	high, low := bits.Mul64(vectors, largest)
	noiseHigh, noiseLow := bits.Mul64(draws, noise)
	low, carry := bits.Add64(low, noiseLow, 0)
	high, over := bits.Add64(high, noiseHigh, carry)
	if bound := uint64(1)<<(r.Bits-1) - 1; high > 0 || over > 0 || low > bound {
		return fmt.Errorf("%w: %d vectors of values up to %d with %d draws of noise up to %d: a ring of %d bits holds sums up to %d", ErrOverflow, vectors, largest, draws, noise, r.Bits, bound)
	}
	return nil
}

// Mechanism clips a vector and adds noise to it, before it is summed with the vectors of
// others and the sum is released. If the noise is a share, it protects the sum, together
// with the shares of the others; any other noise protects each vector by itself.
//
// A party that sums before it adds noise clips each vector with Bound, adds them, and adds
// Noise once.
type Mechanism struct {
	Unit      cost.Unit      // what is protected: the unit whose vector is clipped
	Adjacency cost.Adjacency // how neighbouring data sets differ in one unit
	Bound     Bound
	Noise     *Table
	Vectors   uint64 // maximum number of vectors in the sum, each with its own noise
	Ring      Ring   // in which they are summed
}

// Sensitivity is [Bound.Sensitivity] under the mechanism's adjacency.
func (m Mechanism) Sensitivity() uint64 { return m.Bound.Sensitivity(m.Adjacency) }

// Validate checks that unit, adjacency, bound and noise are valid and that no sum can
// overflow the ring.
func (m Mechanism) Validate() error {
	if err := m.Bound.Validate(); err != nil {
		return err
	}
	if _, err := cost.ParseUnit(string(m.Unit)); err != nil {
		return err
	}
	if _, err := cost.ParseAdjacency(string(m.Adjacency)); err != nil {
		return err
	}
	switch {
	case m.Noise == nil:
		return fmt.Errorf("%w: the mechanism has no table of noise", ErrLaw)
	case m.Vectors == 0:
		return errors.New("a sum of 0 vectors: want at least 1")
	}
	return m.Ring.Fits(m.Vectors, m.Bound.Largest(), m.Vectors, m.Noise.Largest())
}

// Release clips a vector and adds noise to it, in place. After an error the vector must
// not be released.
func (m Mechanism) Release(s *Stream, values []int64) error {
	if err := m.Validate(); err != nil {
		return err
	}
	if err := m.Bound.Clip(values); err != nil {
		return err
	}
	m.Noise.Add(s, values)
	return nil
}

// Cost is what privacy/cost counts for one release of the sum of vectors of count values,
// with the given sampling of units. If the noise is a share, the released sum must contain
// all shares. Cost leaves out the tiny distance of a table from its law: see
// [Table.Distance].
func (m Mechanism) Cost(count int, sampling cost.Sampling) (cost.Mechanism, error) {
	if err := m.Validate(); err != nil {
		return cost.Mechanism{}, err
	}
	if count < 1 {
		return cost.Mechanism{}, fmt.Errorf("a vector of %d values: want at least 1", count)
	}
	noise, shares := m.Noise.Law().cost()
	if uint64(shares) > m.Vectors {
		return cost.Mechanism{}, fmt.Errorf("%w: %s: %d vectors have fewer shares than the whole noise needs", ErrLaw, m.Noise.Law(), m.Vectors)
	}
	c := cost.Mechanism{Noise: noise, Norm: m.Bound.Norms(count), Adjacency: m.Adjacency, Sampling: sampling}
	return c, c.Validate()
}
