package round

import (
	"fmt"
	"math"
	"slices"

	"github.com/althing-network/althing/spec"
)

const (
	// newcomer is the reputation with which a node begins: below that of whoever has
	// served for a while, so that a bad name cannot be left behind for a new one.
	newcomer = spec.One / 4
	// MaxHistory is how many changes of its reputation a node's record holds.
	MaxHistory = 16
	// maxMeasured is how many kinds of data a node's record holds.
	maxMeasured = 32
)

// NewStanding is the standing with which a node begins.
func NewStanding() spec.Standing { return spec.Standing{Reputation: newcomer} }

// Praise is the standing after a duty done: the reputation rises a twentieth of
// the way to one. What the change says of the reputation does not count.
func Praise(s spec.Standing, c spec.Change) spec.Standing {
	s.Reputation += (spec.One - s.Reputation) / 20
	s.Excused = 0
	c.Demerit = false
	return remember(s, c)
}

// Blame is the standing after a demerit: a quarter of the reputation is gone.
func Blame(s spec.Standing, c spec.Change) spec.Standing {
	s.Reputation -= s.Reputation / 4
	c.Demerit = true
	return remember(s, c)
}

// remember adds a change to the history, which forgets the oldest when it is full.
func remember(s spec.Standing, c spec.Change) spec.Standing {
	c.Reputation = s.Reputation
	old := s.History[max(0, len(s.History)-MaxHistory+1):]
	s.History = append(slices.Clone(old), c) // the argument keeps its own
	return s
}

// maxExcused is how many times in a row a trainer may decline what others do.
const maxExcused = 3

// Excused is the standing after a trainer declined what others did. That is no demerit,
// but for more than three times without a duty done in between.
func Excused(s spec.Standing, c spec.Change) spec.Standing {
	if s.Excused++; s.Excused > maxExcused {
		return Blame(s, c)
	}
	return s
}

// Occupy is the standing of a node that has delta parts in tasks more, or fewer where
// delta is below zero: one that aggregates and trains for a task has two parts in it.
// It refuses to count below zero.
func Occupy(s spec.Standing, delta int) (spec.Standing, error) {
	busy := int64(s.Busy) + int64(delta)
	if busy < 0 || busy > math.MaxUint32 {
		return s, fmt.Errorf("busy with %d parts in tasks: cannot change that by %d", s.Busy, delta)
	}
	s.Busy = uint32(busy)
	return s, nil
}

// Measured is the standing after a task for a kind of work was finished with a
// model of this accuracy. A record of 32 kinds loses the oldest when one comes
// that is new to it.
func Measured(s spec.Standing, kind string, accuracy spec.PPM) spec.Standing {
	list := slices.Clone(s.Measured) // the argument keeps its own
	for i := range list {
		if list[i].Kind == kind {
			list[i].Accuracy = accuracy
			list[i].Tasks++
			s.Measured = list
			return s
		}
	}
	if len(list) >= maxMeasured {
		list = list[len(list)-maxMeasured+1:]
	}
	s.Measured = append(list, spec.Measure{Kind: kind, Accuracy: accuracy, Tasks: 1})
	return s
}
