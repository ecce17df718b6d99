package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/privacy/cost"
)

// limitFlags say how much privacy may be lost.
type limitFlags struct{ epsilon, delta, unit, adjacency string }

func (l *limitFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&l.epsilon, "epsilon", "", "how much privacy may be lost, with at most six digits after the point")
	f.StringVar(&l.delta, "delta", "1e-5", "probability with which epsilon may be exceeded")
}

// check refuses numbers that no limit can have.
func (l limitFlags) check(c *cobra.Command) error {
	if l.epsilon == "" {
		return hintFlags(c, errors.New("--epsilon is missing: want how much privacy may be lost"), "epsilon", "8")
	}
	if epsilon, err := cost.ParseEpsilon(l.epsilon); err != nil || epsilon == 0 {
		return hintFlags(c, fmt.Errorf("--epsilon %s: want a number above 0, with at most six digits after the point", l.epsilon), "epsilon", "8")
	}
	if delta, err := cost.ParseDelta(l.delta); err != nil || delta.Validate() != nil {
		return hintFlags(c, fmt.Errorf("--delta %s: want a number above 0 and below 1, with at most 18 digits after the point", l.delta), "delta", "1e-5")
	}
	return nil
}

// read makes a limit of the flags.
func (l limitFlags) read(c *cobra.Command) (limit cost.Limit, err error) {
	if err := l.check(c); err != nil {
		return limit, err
	}
	if limit.Unit, err = cost.ParseUnit(l.unit); err != nil {
		return limit, hintFlags(c, err, "unit", string(cost.Client))
	}
	if limit.Adjacency, err = cost.ParseAdjacency(l.adjacency); err != nil {
		return limit, hintFlags(c, err, "adjacency", string(cost.ZeroOut))
	}
	return l.change(limit, true)
}

// change is a limit with the epsilon of the flags and, if delta is true, with their delta.
func (l limitFlags) change(limit cost.Limit, delta bool) (_ cost.Limit, err error) {
	if limit.Epsilon, err = cost.ParseEpsilon(l.epsilon); err != nil {
		return limit, err
	}
	if delta {
		if limit.Delta, err = cost.ParseDelta(l.delta); err != nil {
			return limit, err
		}
	}
	return limit, limit.Validate()
}
