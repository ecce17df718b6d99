package cost

import (
	"errors"
	"fmt"
)

// ErrUnit says that a release protects another unit than the limit.
var ErrUnit = errors.New("release protects another unit")

// Release says how one release is made and which unit its noise protects. The adjacency
// under which it is counted is that of the limit that pays for it.
type Release struct {
	Unit     Unit
	Noise    Noise
	Norm     Norm // of one unit's contribution
	Sampling Sampling
	// Steps is how many equal steps the release consists of, such as the steps of a training
	// of which only the final weights are released. Each step draws new noise and a new
	// sample. 0 stands for 1.
	Steps uint64
}

// Under is one step of the release as a mechanism under an adjacency.
func (r Release) Under(a Adjacency) Mechanism {
	return Mechanism{Noise: r.Noise, Norm: r.Norm, Adjacency: a, Sampling: r.Sampling}
}

// Sampled reports whether only some units take part. The cost of a sampled release takes
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
		return fmt.Errorf("a sample of clients: want a %s release without sampling, because the chain shows who takes part", Client)
	}
	return nil
}

// Cost is what all steps of the release cost together under an adjacency, see
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

// Cost is what the release costs a book with this limit, see [Release.Cost]. The error
// wraps [ErrUnit] if the noise protects another unit: a guarantee for a client does not
// follow from one for each of its rows, nor the reverse.
func (l Limit) Cost(r Release) (Amount, error) {
	if err := r.Validate(); err != nil {
		return Amount{}, err
	}
	if err := l.Counts(r); err != nil {
		return Amount{}, err
	}
	return r.Cost(l.Adjacency)
}

// Counts returns an error that wraps [ErrUnit] if the release protects another unit than
// the limit.
func (l Limit) Counts(r Release) error {
	if r.Unit != l.Unit {
		return fmt.Errorf("%w: %s: want %s, the unit of the limit", ErrUnit, r.Unit, l.Unit)
	}
	return nil
}
