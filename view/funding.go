package view

import (
	"context"
	"fmt"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// Funding is what the chain knows of the data sets whose privacy budgets pay for the trainers
// of a private task.
type Funding struct {
	Verdicts map[uint64]client.Verdict // by data set: whether it can pay for one more round
	Grants   map[uint64][]uint64       // by data set: the nodes that may train on it
}

// readFunding reads the funding of trainers. It stops when enough of them can be paid for.
func readFunding(ctx context.Context, c *client.Client, t spec.Task, trainers []spec.Node) (Funding, error) {
	f := Funding{map[uint64]client.Verdict{}, map[uint64][]uint64{}}
	release, err := terms.Release(t.Spec)
	if err != nil {
		return f, err
	}
	verdicts, err := ReadAll(func(page client.Page) ([]client.Verdict, client.Page, error) {
		return c.CheckBudgets(ctx, t.Spec.Data.Name, release, 1, page)
	})
	if err != nil {
		return f, err
	}
	for _, v := range verdicts {
		f.Verdicts[v.Dataset] = v
	}
	owners := map[string]bool{}
	for i := range trainers {
		if len(owners) >= int(t.Spec.Selection.MinTrainers) {
			break
		}
		dataset := registeredRows(t, &trainers[i])
		if _, known := f.Grants[dataset]; dataset == 0 || known {
			continue
		}
		granted, err := ReadAll(func(page client.Page) ([]uint64, client.Page, error) { return c.Grants(ctx, dataset, page) })
		if err != nil {
			return f, err
		}
		f.Grants[dataset] = granted
		if f.why(t, &trainers[i]) == "" {
			owners[f.Verdicts[dataset].Owner] = true
		}
	}
	return f, nil
}

// registeredRows is the data set that a node's rows of a task's kind are registered as, or 0.
func registeredRows(t spec.Task, n *spec.Node) uint64 {
	holding, _ := n.Profile.Holding(t.Spec.Data.Name)
	return holding.Dataset
}

// unfunded is why no privacy budget pays for a trainer, in words after a number of trainers.
type unfunded string

// The reasons why no privacy budget pays for a trainer.
const (
	unfundedUnregistered unfunded = "whose rows are not registered as a data set"
	unfundedUngranted    unfunded = "without a grant to train on their data set"
	unfundedUnnamed      unfunded = "whose data set's owner is not among selection.owners"
	unfundedExhausted    unfunded = "whose data set's privacy budget cannot pay for another round"
	unfundedSameOwner    unfunded = "whose data set has the same owner as another trainer's"
)

func unfundedReasons() []unfunded {
	return []unfunded{unfundedUnregistered, unfundedUngranted, unfundedUnnamed, unfundedExhausted, unfundedSameOwner}
}

// why is why the data set of a trainer does not pay; empty where it does.
func (f Funding) why(t spec.Task, n *spec.Node) unfunded {
	dataset := registeredRows(t, n)
	verdict := f.Verdicts[dataset]
	switch {
	case dataset == 0:
		return unfundedUnregistered
	case !slices.Contains(f.Grants[dataset], n.ID):
		return unfundedUngranted
	case !t.Spec.Selection.Admits(verdict.Owner):
		return unfundedUnnamed
	case verdict.Dataset == 0 || verdict.Refused != "":
		return unfundedExhausted
	}
	return ""
}

// keepFunded drops from a supply of trainers those for whom no privacy budget pays. Of each
// owner of data sets one trainer stays: a private task counts owners.
func (s *supply) keepFunded(f Funding) {
	owners := map[string]bool{}
	s.able = slices.DeleteFunc(s.able, func(n spec.Node) bool {
		why, owner := f.why(s.task, &n), f.Verdicts[registeredRows(s.task, &n)].Owner
		if why == "" && owners[owner] {
			why = unfundedSameOwner
		}
		if why != "" {
			s.unfunded = append(s.unfunded, why)
			return true
		}
		owners[owner] = true
		return false
	})
}

func (s supply) countUnfunded(why unfunded) (n int) {
	for _, u := range s.unfunded {
		if u == why {
			n++
		}
	}
	return n
}

// rowsWaitFor says what keeps the registered data sets of a node from paying for its training:
// a grant, or a larger privacy budget.
func rowsWaitFor(ctx context.Context, c *client.Client, n spec.Node) (missing []string, err error) {
	for _, h := range n.Profile.Holdings {
		if h.Dataset == 0 || !n.Profile.Roles.Has(spec.Trainer) {
			continue
		}
		granted, err := ReadAll(func(page client.Page) ([]uint64, client.Page, error) { return c.Grants(ctx, h.Dataset, page) })
		if err != nil {
			return nil, err
		}
		if !slices.Contains(granted, n.ID) {
			missing = append(missing, fmt.Sprintf("a grant: the owner of data set %d (%s) has not let the node train on it", h.Dataset, h.Name))
			continue
		}
		book, err := c.Book(ctx, h.Dataset)
		if err != nil {
			return nil, err
		}
		if book.Left() == 0 {
			missing = append(missing, fmt.Sprintf("a larger privacy budget: nothing is left of epsilon %s of data set %d (%s)", book.Limit.Epsilon, h.Dataset, h.Name))
		}
	}
	return missing, nil
}
