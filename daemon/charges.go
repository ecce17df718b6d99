package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// ErrCharges says that the books do not show what a private task must have charged.
var ErrCharges = errors.New("the books differ from the rounds")

// Charged is what a private task has charged to one data set.
type Charged struct {
	Dataset uint64
	Owner   string
	Limit   cost.Limit
	Rounds  []uint64    // charged rounds among those checked, in their order
	Each    cost.Amount // cost of each of these rounds
	Spent   cost.Amount // of the book, by all tasks
}

// Books reads data sets and their books from a chain; *[client.Client] implements it.
type Books interface {
	Dataset(ctx context.Context, id uint64) (spec.Dataset, error)
	Book(ctx context.Context, dataset uint64) (cost.Book, error)
	Rows(ctx context.Context, dataset uint64, page client.Page) ([]cost.Row, client.Page, error)
	Release(ctx context.Context, task uint64, reason string) (cost.Release, error)
}

// VerifyCharges recomputes what rounds of a private task charged, and compares it with the
// books of the selected data sets. The cost of a round must follow from the task. A data
// set must be charged exactly once for each round in which its trainer committed to an
// update, whatever the outcome, and for no other round. The rows of each book must add up
// to the amount spent. Books of data sets that no round selected are not checked. It reads
// the chain only, and returns the charges in the order of the data sets. The error wraps
// [ErrCharges] and names the first difference.
func VerifyCharges(ctx context.Context, chain Books, t spec.Task, rounds []spec.Round) ([]Charged, error) {
	release, err := terms.Release(t.Spec)
	if err != nil {
		return nil, err
	}
	told, err := chain.Release(ctx, t.ID, terms.Update)
	if err != nil {
		return nil, err
	}
	if told != release {
		return nil, fmt.Errorf("%w: the chain charges a release of task %d as %+v, the task file gives %+v", ErrCharges, t.ID, told, release)
	}
	var list []Charged
	for _, id := range selected(rounds) {
		c, err := charged(ctx, chain, t, id, release, rounds)
		if err != nil {
			return nil, fmt.Errorf("data set %d: %w", id, err)
		}
		list = append(list, c)
	}
	return list, nil
}

// selected lists the data sets selected in some round, in their order.
func selected(rounds []spec.Round) (ids []uint64) {
	for _, r := range rounds {
		for _, own := range r.Trainers {
			ids = append(ids, own.Dataset)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// charged compares the book of one data set with the rounds.
func charged(ctx context.Context, chain Books, task spec.Task, id uint64, release cost.Release, rounds []spec.Round) (Charged, error) {
	d, err := chain.Dataset(ctx, id)
	if err != nil {
		return Charged{}, err
	}
	book, rows, err := replayBook(ctx, chain, id)
	if err != nil {
		return Charged{}, err
	}
	each, err := book.Limit.Cost(release)
	if err != nil {
		return Charged{}, err
	}
	c := Charged{Dataset: id, Owner: d.Owner, Limit: book.Limit, Each: each, Spent: book.Spent}
	for _, row := range rows {
		if row.Entry == cost.EntryCharge && row.Task == task.ID && task.State.Final() && row.Round > task.Round {
			return Charged{}, fmt.Errorf("%w: row %d charges for round %d: the task ended with round %d", ErrCharges, row.Number, row.Round, task.Round)
		}
	}
	for _, r := range rounds {
		var times int
		for _, row := range rows {
			if row.Entry == cost.EntryCharge && row.Task == task.ID && row.Reason == terms.Update && row.Round == r.Number {
				if times++; row.Each != each {
					return Charged{}, fmt.Errorf("%w: row %d charges for round %d another amount than a round of the task costs", ErrCharges, row.Number, r.Number)
				}
			}
		}
		want := 0
		if slices.ContainsFunc(r.Trainers, func(own spec.Contribution) bool { return own.Dataset == id && own.Height > 0 }) {
			want = 1
		}
		if times != want {
			return Charged{}, fmt.Errorf("%w: round %d was charged %d times: the chain has %d commitments for it", ErrCharges, r.Number, times, want)
		}
		if times == 1 {
			c.Rounds = append(c.Rounds, r.Number)
		}
	}
	return c, nil
}

// replayBook reads the book of a data set and the rows that lead to it.
func replayBook(ctx context.Context, chain Books, id uint64) (cost.Book, []cost.Row, error) {
	book, err := chain.Book(ctx, id)
	if err != nil {
		return cost.Book{}, nil, err
	}
	rows, err := allPages(func(page client.Page) ([]cost.Row, client.Page, error) { return chain.Rows(ctx, id, page) })
	if err != nil {
		return cost.Book{}, nil, err
	}
	then := rows[:min(uint64(len(rows)), book.Rows)] // a block may have added rows since
	sum, err := cost.Replay(then)
	if err != nil {
		return cost.Book{}, nil, fmt.Errorf("%w: %w", ErrCharges, err)
	}
	if sum.Spent != book.Spent || sum.Limit != book.Limit || sum.Rows != book.Rows {
		return cost.Book{}, nil, fmt.Errorf("%w: the %d rows of the book do not add up to its totals", ErrCharges, len(then))
	}
	return book, then, nil
}
