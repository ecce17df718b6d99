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
	// Steps is how many equal releases leave as one, as those of a training whose weights
	// alone are told. 0 stands for 1. Each draws its noise and its sample anew.
	Steps uint64
}

// Under is a step of the release as a mechanism that is counted under an adjacency.
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
	if r.Steps > MaxReleases {
		return fmt.Errorf("a release of %d steps: want at most %d", r.Steps, uint64(MaxReleases))
	}
	if r.Unit == Client && r.Sampled() {
		return fmt.Errorf("a sample of clients is not secret, for the chain says who takes part: %s releases are counted without sampling", Client)
	}
	return nil
}

// Cost is what the release costs under an adjacency, all its steps together, see
// [Mechanism.Cost].
func (r Release) Cost(a Adjacency) (Amount, error) {
	if err := r.Validate(); err != nil {
		return Amount{}, err
	}
	each, err := r.Under(a).Cost()
	if err != nil {
		return Amount{}, err
	}
	return each.Times(max(1, r.Steps))
}

// Cost is what one such release costs a book with this limit, see [Release.Cost]. The
// error wraps [ErrUnit] where the noise protects another unit: what is promised to a
// client does not follow from what is promised to each of its rows, nor the other way
// round.
func (l Limit) Cost(r Release) (Amount, error) {
	if err := r.Validate(); err != nil {
		return Amount{}, err
	}
	if err := l.Counts(r); err != nil {
		return Amount{}, err
	}
	return r.Cost(l.Adjacency)
}

// Counts reports, wrapping [ErrUnit], that a release protects another unit than the limit
// is about.
func (l Limit) Counts(r Release) error {
	if r.Unit != l.Unit {
		return fmt.Errorf("%w: %s, where the limit counts each %s", ErrUnit, r.Unit, l.Unit)
	}
	return nil
}
