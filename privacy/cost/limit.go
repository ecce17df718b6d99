package cost

import "fmt"

// Limit is a privacy budget: the releases together must be (Epsilon, Delta)-differentially
// private for each unit, between data sets that are neighbours under the adjacency.
type Limit struct {
	Unit      Unit
	Adjacency Adjacency
	Epsilon   Epsilon
	Delta     Delta
}

// Meaningless is the epsilon above which a guarantee has no practical meaning. Larger ones
// are allowed, for trials, and are labelled.
const Meaningless = 20 * OneEpsilon

// Validate reports what is wrong with the delta.
func (d Delta) Validate() error {
	if d == 0 || d >= OneDelta {
		return fmt.Errorf("delta %s: want above 0 and below 1", d)
	}
	return nil
}

// Validate reports what is wrong with the limit.
func (l Limit) Validate() error {
	if _, err := ParseUnit(string(l.Unit)); err != nil {
		return err
	}
	if _, err := ParseAdjacency(string(l.Adjacency)); err != nil {
		return err
	}
	if l.Epsilon == 0 {
		return fmt.Errorf("epsilon of a limit is 0: want above 0")
	}
	if uint64(l.Epsilon) > maxAmount/nanosOfMicro {
		return fmt.Errorf("epsilon %s of a limit: %w", l.Epsilon, ErrOverflow)
	}
	return l.Delta.Validate()
}

// String describes the limit in words.
func (l Limit) String() string {
	return fmt.Sprintf("epsilon %s at delta %s (%s, %s)", l.Epsilon, l.Delta, l.Unit, l.Adjacency)
}

// Left is what remains of the limit's epsilon after a loss, rounded down. fits is false if
// the loss exceeds the limit or the limit is not valid.
func (l Limit) Left(lost Amount) (left Epsilon, fits bool) {
	if l.Validate() != nil {
		return 0, false
	}
	return l.converter().left(lost)
}

// limitConverter is a limit with the conversion for its delta, which is slower to make than
// to use.
type limitConverter struct {
	Limit
	conversion conversion
}

// converter makes the converter of a valid limit.
func (l Limit) converter() limitConverter { return limitConverter{l, convert(l.Delta)} }

func (m limitConverter) left(lost Amount) (left Epsilon, fits bool) {
	epsilon, _ := lost.at(m.conversion)
	allowed := Nano(m.Epsilon) * nanosOfMicro
	if epsilon > allowed {
		return 0, false
	}
	return Epsilon((allowed - epsilon) / nanosOfMicro), true
}

// affords is how many releases, at most upTo and at a cost of each, still fit into the limit
// after a loss. If n releases fit, fewer do as well, so it bisects.
func (m limitConverter) affords(lost, each Amount, upTo uint64) uint64 {
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
	affordable, tooMany := uint64(0), upTo
	for tooMany-affordable > 1 {
		middle := affordable + (tooMany-affordable)/2
		if fits(middle) {
			affordable = middle
		} else {
			tooMany = middle
		}
	}
	return affordable
}
