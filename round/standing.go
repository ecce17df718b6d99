package round

import (
	"fmt"
	"math"
	"slices"

	"github.com/althing-network/althing/spec"
)

const (
	// startReputation is where every node begins.
	startReputation = spec.One / 2
	// maxMeasured bounds what a node's record holds.
	maxMeasured = 32
)

// NewStanding is the standing with which a node begins.
func NewStanding() spec.Standing { return spec.Standing{Reputation: startReputation} }

// Praise is the standing after a duty done: the reputation rises a twentieth of
// the way to one.
func Praise(s spec.Standing) spec.Standing {
	s.Reputation += (spec.One - s.Reputation) / 20
	return s
}

// Blame is the standing after a demerit: a quarter of the reputation is gone,
// and the demerit takes the place of the one before.
func Blame(s spec.Standing, d spec.Demerit) spec.Standing {
	s.Reputation -= s.Reputation / 4
	s.Blame = d
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
