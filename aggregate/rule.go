package aggregate

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// Rule combines the updates of a round into one.
type Rule interface {
	// Combine reads updates of count values in fixed point of scale 2^scaleBits. The result
	// does not depend on the order of sources. If there are no sources, the error wraps
	// [ErrNoUpdates]. If an update is refused, it wraps model.ErrUpdate and names the node.
	Combine(count int, scaleBits uint32, sources []Source) (Update, error)
}

// RuleOf finds a rule by its name, one of [spec.Rules].
func RuleOf(rule string) (Rule, error) {
	switch rule {
	case spec.RuleFedAvg:
		return FedAvg{}, nil
	case spec.RuleMean:
		return Mean{}, nil
	}
	return nil, fmt.Errorf("unknown aggregation rule %q", rule)
}
