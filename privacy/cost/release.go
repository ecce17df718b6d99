package cost

import (
	"errors"
	"fmt"
)

// ErrUnit says that a release protects another unit than a limit counts.
var ErrUnit = errors.New("release protects another unit")

// Release is how one release is made, and whose privacy its noise protects. Under which
// adjacency it is counted is for the limit to say that pays for it.
type Release struct {
	Unit     Unit
	Noise    Noise
	Norm     Norm // of one unit's contribution
	Sampling Sampling
}

// Under is the release as a mechanism that is counted under an adjacency.
func (r Release) Under(a Adjacency) Mechanism {
	return Mechanism{Noise: r.Noise, Norm: r.Norm, Adjacency: a, Sampling: r.Sampling}
}

// Sampled reports whether only some units take part. What such a release costs takes
// milliseconds to compute.
func (r Release) Sampled() bool { return !r.Sampling.everybody() }

// Validate reports what is wrong with the release under any adjacency.
func (r Release) Validate() error {
	if _, err := ParseUnit(string(r.Unit)); err != nil {
		return err
	}
	if err := r.Under(ZeroOut).Validate(); err != nil {
		return err
	}
	if r.Unit == Client && r.Sampled() {
		return fmt.Errorf("a sample of clients is not secret, for the chain says who takes part: %s releases are counted without sampling", Client)
	}
	return nil
}

// Cost is what one such release costs a book with this limit, see [Mechanism.Cost]. The
// error wraps [ErrUnit] where the noise protects another unit: what is promised to a
// client does not follow from what is promised to each of its rows, nor the other way
// round.
func (l Limit) Cost(r Release) (Amount, error) {
	if err := r.Validate(); err != nil {
		return Amount{}, err
	}
	if r.Unit != l.Unit {
		return Amount{}, fmt.Errorf("%w: %s, where the limit counts each %s", ErrUnit, r.Unit, l.Unit)
	}
	return r.Under(l.Adjacency).Cost()
}
