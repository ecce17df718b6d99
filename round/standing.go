package round

import (
	"fmt"
	"math"
	"slices"

	"github.com/althing-network/althing/spec"
)

const (
	// newcomer is the reputation of a new node. It is below that of nodes that have served for
	// a while, so a node gains nothing by registering anew to lose a bad reputation.
	newcomer = spec.One / 4
	// MaxHistory is the most changes of reputation in a node's record.
	MaxHistory = 16
	// maxMeasured is the most kinds of work in a node's record.
	maxMeasured = 32
)

// NewStanding is the standing of a new node.
func NewStanding() spec.Standing { return spec.Standing{Reputation: newcomer} }

// Praise is the standing after a duty was done: the reputation rises by a twentieth of its
// distance to 1. Reputation and Demerit of the change are ignored.
func Praise(s spec.Standing, c spec.Change) spec.Standing {
	s.Reputation += (spec.One - s.Reputation) / 20
	s.Excused = 0
	c.Demerit = false
	return remember(s, c)
}

// Blame is the standing after a demerit: the reputation falls by a quarter.
func Blame(s spec.Standing, c spec.Change) spec.Standing {
	s.Reputation -= s.Reputation / 4
	c.Demerit = true
	return remember(s, c)
}

// remember adds a change to the history. A full history loses its oldest change.
func remember(s spec.Standing, c spec.Change) spec.Standing {
	c.Reputation = s.Reputation
	old := s.History[max(0, len(s.History)-MaxHistory+1):]
	s.History = append(slices.Clone(old), c) // the argument keeps its own
	return s
}

// maxExcused is how many times in a row a trainer may decline without a demerit.
const maxExcused = 3

// Excused is the standing after a trainer declined a round in which most others trained. From
// the fourth time in a row, without a duty done in between, it is a demerit.
func Excused(s spec.Standing, c spec.Change) spec.Standing {
	if s.Excused++; s.Excused > maxExcused {
		return Blame(s, c)
	}
	return s
}

// Occupy is the standing of a node after the number of its roles in tasks has changed by
// delta. A node that aggregates and trains for one task has two roles in it. A number below
// zero is an error.
func Occupy(s spec.Standing, delta int) (spec.Standing, error) {
	busy := int64(s.Busy) + int64(delta)
	if busy < 0 || busy > math.MaxUint32 {
		return s, fmt.Errorf("node has %d roles in tasks: cannot change that by %d", s.Busy, delta)
	}
	s.Busy = uint32(busy)
	return s, nil
}

// Measured is the standing after a task for a kind of work ended with a model of an accuracy.
// A record with 32 kinds loses the oldest one when a new one is added.
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
