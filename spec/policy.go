package spec

import (
	"fmt"
	"slices"
)

// Policy says which tasks a node serves. The node publishes it, and the scheduler selects
// the node for no other tasks. The zero Policy serves every owner for any pay, but does not
// train for tasks with only one aggregator.
type Policy struct {
	// SoleAggregator allows the node to train for a task with one aggregator. That aggregator
	// can deny that it received an update, so its operator must be trusted.
	SoleAggregator bool `json:"sole_aggregator"`
	// MinAggregators is the least number of aggregators of a task.
	MinAggregators uint32 `json:"min_aggregators,omitempty"`
	// MinPay is the least pay per round for the node's role, in uthing, if every node that is
	// asked does its work.
	MinPay uint64 `json:"min_pay_uthing,omitempty"`
	// MinDeadline is the shortest deadline for training.
	MinDeadline Duration `json:"min_train_deadline,omitzero"`
	// Owners are the accounts whose tasks the node serves; empty: all.
	Owners []string `json:"owners,omitempty"`
	// Datasets are the names of the data sets whose tasks the node serves; empty: all.
	Datasets []string `json:"datasets,omitempty"`
}

// MaxPolicy is the most entries that a policy may have, see [Policy.Entries].
const MaxPolicy = 16

// Entries counts the limits that are not zero, the owners and the data sets.
func (p Policy) Entries() int {
	n := len(p.Owners) + len(p.Datasets)
	for _, set := range []bool{p.SoleAggregator, p.MinAggregators > 0, p.MinPay > 0, p.MinDeadline != 0} {
		if set {
			n++
		}
	}
	return n
}

// Validate reports the first mistake in a policy.
func (p Policy) Validate() error {
	switch {
	case p.Entries() > MaxPolicy:
		return fmt.Errorf("policy of %d entries: want at most %d", p.Entries(), MaxPolicy)
	case p.MinAggregators > MaxCommittee:
		return fmt.Errorf("policy asks for %d aggregators: want at most %d, the most that a task can have", p.MinAggregators, MaxCommittee)
	case p.MinPay > MaxEscrow:
		return fmt.Errorf("policy asks for %d uthing per round: want at most %d, which is all there is", p.MinPay, MaxEscrow)
	case p.MinDeadline < 0 || p.MinDeadline > MaxDuration:
		return fmt.Errorf("policy asks for a training deadline of %s: want 0 to %s", p.MinDeadline, MaxDuration)
	}
	for _, names := range [][]string{p.Owners, p.Datasets} {
		for i, name := range names {
			if !printable(name) {
				return fmt.Errorf("policy names %.64q: want 1 to %d bytes of printable text", name, maxName)
			}
			if slices.Contains(names[:i], name) {
				return fmt.Errorf("policy names %q twice", name)
			}
		}
	}
	return nil
}
