package ledger

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/privacy/cost"
)

// Validate reports the first mistake in a genesis. Data sets and costings must ascend; the rows
// of a book must be valid; each reservation costs what a release of its task costs and protects
// the unit of its book. A costing may have no reservation: its task has selected nobody yet.
func Validate(g ledgerpb.Genesis) error {
	costings, err := costingsOf(g)
	if err != nil {
		return err
	}
	var before uint64
	for i := range g.Books {
		h := &g.Books[i]
		if h.Dataset <= before {
			return fmt.Errorf("invalid genesis: the book of data set %d follows that of %d: want ascending ids from 1", h.Dataset, before)
		}
		before = h.Dataset
		if h.Owner == "" {
			return fmt.Errorf("invalid genesis: the book of data set %d has no owner", h.Dataset)
		}
		b, rows, err := replay(h)
		if err != nil {
			return fmt.Errorf("invalid genesis: data set %d: %w", h.Dataset, err)
		}
		for _, r := range rows {
			if r.Entry != cost.EntryReserve {
				continue
			}
			at := purpose{r.Task, r.Reason}
			costing := costings[at] // if missing, it has no adjacency
			each, found, err := costing.Under(b.Limit.Adjacency)
			if !found || err != nil || each != r.Each {
				return fmt.Errorf("invalid genesis: data set %d, row %d: want the cost of a release of task %d for %q", h.Dataset, r.Number, r.Task, r.Reason)
			}
			if costing.Release.Unit != ledgerpb.LimitFromCost(b.Limit).Unit {
				return fmt.Errorf("invalid genesis: data set %d, row %d: want a release of task %d for %q that protects the unit of the limit", h.Dataset, r.Number, r.Task, r.Reason)
			}
		}
	}
	return nil
}

// replay returns the book that follows from the rows of a history.
func replay(h *ledgerpb.History) (cost.Book, []cost.Row, error) {
	if len(h.Rows) == 0 {
		return cost.Book{}, nil, fmt.Errorf("no rows: want at least the row of the limit")
	}
	rows := make([]cost.Row, len(h.Rows))
	for i := range h.Rows {
		var err error
		if rows[i], err = h.Rows[i].ToCost(); err != nil {
			return cost.Book{}, nil, err
		}
	}
	b, err := cost.Replay(rows)
	return b, rows, err
}

// purpose is a task with the reason of its releases.
type purpose struct {
	task   uint64
	reason string
}

// costingsOf returns the costings of a genesis, after computing each again.
func costingsOf(g ledgerpb.Genesis) (map[purpose]ledgerpb.Costing, error) {
	costings := make(map[purpose]ledgerpb.Costing)
	for i := range g.Costings {
		p := &g.Costings[i]
		fail := func(why string) error {
			return fmt.Errorf("invalid genesis: the costing of task %d for %q: %s", p.Task, p.Reason, why)
		}
		if i > 0 && (p.Task < g.Costings[i-1].Task || p.Task == g.Costings[i-1].Task && p.Reason <= g.Costings[i-1].Reason) {
			return nil, fail("want ascending tasks and reasons")
		}
		release, err := p.Costing.Release.ToCost()
		if err != nil {
			return nil, fail(err.Error())
		}
		for j, costed := range p.Costing.Each {
			if j > 0 && costed.Adjacency <= p.Costing.Each[j-1].Adjacency {
				return nil, fail("want ascending adjacencies")
			}
			adjacency, err := costed.Adjacency.ToCost()
			if err != nil {
				return nil, fail(err.Error())
			}
			want, err := release.Cost(adjacency)
			if err != nil {
				return nil, fail(err.Error())
			}
			if each, err := costed.Amount.ToCost(); err != nil || each != want {
				return nil, fail("want the cost of the release")
			}
		}
		costings[purpose{p.Task, p.Reason}] = p.Costing
	}
	return costings, nil
}

// initialise writes a genesis.
func (k Keeper) initialise(ctx context.Context, g ledgerpb.Genesis) error {
	if err := Validate(g); err != nil {
		return err
	}
	for i := range g.Books {
		h := &g.Books[i]
		b, rows, err := replay(h)
		if err != nil {
			return err
		}
		if err := k.write(ctx, h.Dataset, h.Owner, b, rows); err != nil {
			return err
		}
	}
	for _, p := range g.Costings {
		if err := k.costings.Set(ctx, collections.Join(p.Task, p.Reason), p.Costing); err != nil {
			return err
		}
	}
	return nil
}

// export reads all books.
func (k Keeper) export(ctx context.Context) (g ledgerpb.Genesis, err error) {
	err = k.books.Walk(ctx, nil, func(dataset uint64, b ledgerpb.Book) (bool, error) {
		g.Books = append(g.Books, ledgerpb.History{Dataset: dataset, Owner: b.Owner})
		return false, nil
	})
	if err != nil {
		return g, fmt.Errorf("list books: %w", err)
	}
	for i := range g.Books {
		h := &g.Books[i]
		of := collections.NewPrefixedPairRange[uint64, uint64](h.Dataset)
		err = k.rows.Walk(ctx, of, func(_ collections.Pair[uint64, uint64], r ledgerpb.Row) (bool, error) {
			h.Rows = append(h.Rows, r)
			return false, nil
		})
		if err != nil {
			return g, fmt.Errorf("list the rows of data set %d: %w", h.Dataset, err)
		}
	}
	err = k.costings.Walk(ctx, nil, func(at collections.Pair[uint64, string], p ledgerpb.Costing) (bool, error) {
		g.Costings = append(g.Costings, ledgerpb.TaskCosting{Task: at.K1(), Reason: at.K2(), Costing: p})
		return false, nil
	})
	return g, err
}
