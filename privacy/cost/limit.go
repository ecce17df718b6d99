package cost

import "fmt"

// Limit is how much of whose privacy may be lost: of each unit, between data sets that
// are neighbours, epsilon but for a chance of delta.
type Limit struct {
	Unit      Unit
	Adjacency Adjacency
	Epsilon   Epsilon
	Delta     Delta
}

// Meaningless is the epsilon above which a guarantee says nothing that matters. It is
// allowed, for trials, and labelled.
const Meaningless = 20 * OneEpsilon

// Validate reports what is wrong with d.
func (d Delta) Validate() error {
	if d == 0 || d >= OneDelta {
		return fmt.Errorf("delta %s is not above 0 and below 1", d)
	}
	return nil
}

// Validate reports what is wrong with l.
func (l Limit) Validate() error {
	if _, err := ParseUnit(string(l.Unit)); err != nil {
		return err
	}
	if _, err := ParseAdjacency(string(l.Adjacency)); err != nil {
		return err
	}
	if l.Epsilon == 0 {
		return fmt.Errorf("epsilon of a limit is 0: want one above it")
	}
	if uint64(l.Epsilon) > most/nanosOfMicro {
		return fmt.Errorf("epsilon %s of a limit: %w", l.Epsilon, ErrOverflow)
	}
	return l.Delta.Validate()
}

// String is the limit for people.
func (l Limit) String() string {
	return fmt.Sprintf("epsilon %s at delta %s (%s, %s)", l.Epsilon, l.Delta, l.Unit, l.Adjacency)
}

// Left is what remains of the limit's epsilon once so much is lost, rounded down; fits is
// false where more is lost than the limit allows, and where the limit is not valid.
func (l Limit) Left(lost Amount) (left Epsilon, fits bool) {
	if l.Validate() != nil {
		return 0, false
	}
	return l.measure().left(lost)
}

// measure is a limit with the conversion for its delta, which takes longer to make than
// to use.
type measure struct {
	Limit
	conversion conversion
}

// measure is of a valid limit.
func (l Limit) measure() measure { return measure{l, convert(l.Delta)} }

func (m measure) left(lost Amount) (left Epsilon, fits bool) {
	epsilon, _ := lost.at(m.conversion)
	allowed := Nano(m.Epsilon) * nanosOfMicro
	if epsilon > allowed {
		return 0, false
	}
	return Epsilon((allowed - epsilon) / nanosOfMicro), true
}

// affords is how many releases of one amount fit beside what is lost, up to a number.
// Whatever fits still fits with fewer, so half of the numbers are ruled out at a time.
func (m measure) affords(lost, each Amount, upTo uint64) uint64 {
	fits := func(n uint64) bool {
		more, err := each.Times(n)
		if err != nil {
			return false
		}
		all, err := lost.Plus(more)
		if err != nil {
			return false
		}
		_, fits := m.left(all)
		return fits
	}
	if fits(upTo) {
		return upTo
	}
	fit, over := uint64(0), upTo
	for over-fit > 1 {
		middle := fit + (over-fit)/2
		if fits(middle) {
			fit = middle
		} else {
			over = middle
		}
	}
	return fit
}
