package spec

import (
	"fmt"
	"slices"
)

// Policy is which tasks a node serves, as it publishes it: the scheduler asks the node for
// no others. The zero Policy is the careful one. It works for everybody, for any pay, and
// trains for no task that has one aggregator alone.
type Policy struct {
	// SoleAggregator lets the node train for a task with one aggregator, which can say of
	// any update that it never came. It is for who trusts whoever runs that aggregator.
	SoleAggregator bool `json:"sole_aggregator"`
	// MinAggregators are how many aggregators a task must have.
	MinAggregators uint32 `json:"min_aggregators,omitempty"`
	// MinPay is what a round must pay for the node's part, in uthing, if all who are asked
	// do theirs.
	MinPay uint64 `json:"min_pay_uthing,omitempty"`
	// MinDeadline is how long a task must leave for training.
	MinDeadline Duration `json:"min_train_deadline,omitzero"`
	// Owners are the accounts whose tasks the node serves; empty: all.
	Owners []string `json:"owners,omitempty"`
	// Datasets are the names of data sets for which it serves tasks; empty: all.
	Datasets []string `json:"datasets,omitempty"`
}

// MaxPolicy is how many entries a policy has at most: limits that are not zero, owners and
// data sets.
const MaxPolicy = 16

// Entries is how many entries the policy has.
func (p Policy) Entries() int {
	n := len(p.Owners) + len(p.Datasets)
	for _, said := range []bool{p.SoleAggregator, p.MinAggregators > 0, p.MinPay > 0, p.MinDeadline != 0} {
		if said {
			n++
		}
	}
	return n
}

// Validate reports the first thing that is wrong with a policy.
func (p Policy) Validate() error {
	switch {
	case p.Entries() > MaxPolicy:
		return fmt.Errorf("policy of %d entries: want at most %d", p.Entries(), MaxPolicy)
	case p.MinAggregators > MaxCommittee:
		return fmt.Errorf("policy wants %d aggregators: no task has more than %d", p.MinAggregators, MaxCommittee)
	case p.MinPay > MaxEscrow:
		return fmt.Errorf("policy wants %d uthing a round: that is more than there is", p.MinPay)
	case p.MinDeadline < 0 || p.MinDeadline > MaxDuration:
		return fmt.Errorf("policy wants %s for training: want 0 to %s", p.MinDeadline, MaxDuration)
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
