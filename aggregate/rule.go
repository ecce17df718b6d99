package aggregate

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// Rule combines the updates of a round into one.
type Rule interface {
	// Combine reads updates of count values in fixed point of scale 2^scaleBits.
	// What it returns does not depend on the order of sources. Errors wrap
	// [ErrNoUpdates] when there are none, and model.ErrUpdate, naming the node, when
	// one is refused.
	Combine(count int, scaleBits uint32, sources []Source) (Update, error)
}

// RuleOf finds the rule a task names, one of [spec.Rules].
func RuleOf(rule string) (Rule, error) {
	switch rule {
	case spec.RuleFedAvg:
		return FedAvg{}, nil
	case spec.RuleMean:
		return Mean{}, nil
	}
	return nil, fmt.Errorf("unknown aggregation rule %q", rule)
}
