package view

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// Spent is what a private task has cost the first trainer of a round, by the book of its rows.
type Spent struct {
	Epsilon      float64 `json:"epsilon"` // as the ledger counts it
	Delta        float64 `json:"delta"`
	Mechanism    string  `json:"mechanism"`
	Unit         string  `json:"unit"`
	Adjacency    string  `json:"adjacency"`
	HoldsAgainst string  `json:"holds_against"`

	limit cost.Limit
}

// ReadSpent reads what the book of the first trainer of a round has spent; nil where the task
// is not private.
func ReadSpent(ctx context.Context, c *client.Client, t spec.TaskSpec, r spec.Round) (*Spent, error) {
	if !t.Private() || len(r.Trainers) == 0 {
		return nil, nil
	}
	book, err := c.Book(ctx, r.Trainers[0].Dataset)
	if err != nil {
		return nil, err
	}
	s := &Spent{
		Delta: float64(book.Limit.Delta) / float64(cost.OneDelta), Mechanism: t.Privacy.Kind,
		Unit: book.Limit.Unit.String(), Adjacency: book.Limit.Adjacency.String(), HoldsAgainst: terms.Against(t), limit: book.Limit,
	}
	epsilon, _, err := book.Spent.At(book.Limit.Delta)
	s.Epsilon = float64(epsilon) / float64(cost.OneNano)
	return s, err
}

// String is the same in words.
func (s Spent) String() string {
	text := fmt.Sprintf("epsilon %.3f of %s is spent at delta %s: %s noise, for each %s (%s), against %s",
		s.Epsilon, s.limit.Epsilon, s.limit.Delta, s.Mechanism, s.Unit, s.Adjacency, s.HoldsAgainst)
	if label := limitLabel(s.limit); label != "" {
		text += ": " + label
	}
	return text
}

// Bar draws how much of the budget is spent.
func (s Spent) Bar() Bar {
	spent := cost.Epsilon(s.Epsilon * float64(cost.OneEpsilon))
	return Bar{
		Label: "budget", Done: uint64(min(spent, s.limit.Epsilon)), All: uint64(s.limit.Epsilon),
		Text: fmt.Sprintf("epsilon %.2f of %s", s.Epsilon, s.limit.Epsilon),
	}
}
