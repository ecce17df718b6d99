package privacy

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/althing-network/althing/privacy/cost"
)

// ErrOverflow is wrapped by the refusal of what could leave the range of the
// integers it is computed in.
var ErrOverflow = errors.New("a sum could overflow")

// Ring is the integers of so many bits, sign included, in which vectors are summed.
type Ring struct{ Bits uint } // 2 to 64

// Fits refuses, with the bound, sums that could leave the ring: of so many vectors
// whose values are at most largest in magnitude, and of so many draws of noise that
// are at most noise. What fits never overflows: the bounds are not estimates.
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

// Mechanism is what is done with a vector whose sum with others is to be released:
// it is clipped and gets noise of its own. Noise that is a share protects the sum
// together with the shares of the others, other noise protects each vector by itself.
//
// Where one party sums before it adds noise, it clips with Bound, adds up, and adds
// Noise once.
type Mechanism struct {
	Unit      cost.Unit      // whose vector is clipped: what is protected
	Adjacency cost.Adjacency // how data sets differ in a unit that must not be told apart
	Bound     Bound
	Noise     *Table
	Vectors   uint64 // at most so many are summed, each with noise of its own
	Ring      Ring   // what they are summed in
}

// Sensitivity is how far neighbouring sums may lie apart, of L2 its square: see
// [Bound.Sensitivity].
func (m Mechanism) Sensitivity() uint64 { return m.Bound.Sensitivity(m.Adjacency) }

// Validate refuses a guarantee that does not say for whom, a bound that means nothing,
// and sums that could overflow the ring.
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
		return fmt.Errorf("%w: there is no table of it", ErrLaw)
	case m.Vectors == 0:
		return errors.New("a sum of 0 vectors: want at least 1")
	}
	return m.Ring.Fits(m.Vectors, m.Bound.Largest(), m.Vectors, m.Noise.Largest())
}

// Release clips a vector and adds noise to it, in place. After an error the vector
// must not leave.
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

// Cost is what the ledger counts of a release of sums of vectors of so many values,
// among units that are sampled so. Where noise is a share, the release is the sum of all
// shares that make up the whole. That a table is not quite its law is not in it: see
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
		return cost.Mechanism{}, fmt.Errorf("%w: %s: %d vectors do not add up to the whole of it", ErrLaw, m.Noise.Law(), m.Vectors)
	}
	c := cost.Mechanism{Noise: noise, Norm: m.Bound.Norms(count), Adjacency: m.Adjacency, Sampling: sampling}
	return c, c.Validate()
}
