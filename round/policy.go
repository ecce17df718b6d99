package round

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Refuses says why a node with a policy does not serve a task in a role; empty if it does.
// The scheduler does not select such a node. A node that is selected nevertheless, because
// its policy has changed since, may decline for this reason.
func Refuses(p *spec.Policy, t *spec.Task, role spec.Role) (why string) {
	aggregators := t.Spec.Selection.Aggregators
	switch {
	case role == spec.Trainer && aggregators == 1 && !p.SoleAggregator:
		return "does not train for a task with only one aggregator"
	case aggregators < p.MinAggregators:
		return fmt.Sprintf("serves only tasks with at least %d aggregators", p.MinAggregators)
	case p.MinPay > 0 && offered(t, role) < p.MinPay:
		return fmt.Sprintf("serves only for at least %s per round", spec.Money(p.MinPay))
	case t.Spec.Deadlines.Train < p.MinDeadline:
		return fmt.Sprintf("serves only tasks with at least %s for training", p.MinDeadline)
	case len(p.Owners) > 0 && !slices.Contains(p.Owners, t.Owner):
		return "serves only other owners"
	case len(p.Datasets) > 0 && !slices.Contains(p.Datasets, t.Spec.Data.Name):
		return "serves only tasks for other data sets"
	}
	return ""
}

// offered is what an accepted round pays for one role in it if all who are asked do their
// work, in uthing.
func offered(t *spec.Task, role spec.Role) uint64 {
	pot, split, selection := t.Spec.PerRound(), t.Tariff.Split, t.Spec.Selection
	switch role {
	case spec.Trainer:
		return split.Trainers.Of(pot) / uint64(max(1, selection.Asked()))
	case spec.Aggregator:
		return split.Aggregators.Of(pot) / uint64(max(1, selection.Aggregators))
	case spec.Evaluator:
		return split.Evaluators.Of(pot) / uint64(max(1, selection.Evaluators))
	default: // it has no role in a round
		return 0
	}
}
