package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// booked is what may be lost of a data set's privacy, what is, and what is left: the
// integers of the ledger, and beside them what an accountant says of the same releases.
type booked struct {
	Dataset   uint64         `json:"dataset"`
	Name      string         `json:"name"`
	Owner     string         `json:"owner"`
	Unit      cost.Unit      `json:"unit"`
	Adjacency cost.Adjacency `json:"adjacency"`
	Limit     json.Number    `json:"limit_epsilon"`
	Delta     json.Number    `json:"delta"`
	Label     string         `json:"label,omitempty"`
	Ledger    json.Number    `json:"ledger_epsilon"` // of what is spent
	Reserved  json.Number    `json:"reserved_epsilon"`
	Left      json.Number    `json:"left_epsilon"`
	// Epsilon is an accountant's of what is spent; none where nothing is, or where it
	// knows no bound.
	Epsilon    *float64           `json:"epsilon,omitempty"`
	Accountant account.Accountant `json:"accountant,omitempty"`
	Rows       uint64             `json:"rows"`

	book cost.Book
}

// readBook reads the book of a data set, and its history where something is spent.
func readBook(ctx context.Context, c *client.Client, d spec.Dataset) (booked, error) {
	b, err := c.Book(ctx, d.ID)
	if err != nil {
		return booked{}, err
	}
	shown, err := bookOf(d, b)
	if err != nil || b.Spent.Zero() {
		return shown, err
	}
	plan, err := spentOf(ctx, c, d.ID, b.Limit)
	if errors.Is(err, client.ErrNoRelease) || errors.Is(err, account.ErrNoise) {
		return shown, nil // the ledger's figures stand alone
	}
	if err != nil {
		return shown, err
	}
	shown.count(plan)
	return shown, nil
}

// bookOf is a book without an accountant's figures.
func bookOf(d spec.Dataset, b cost.Book) (booked, error) {
	taken, err := b.Taken()
	if err != nil {
		return booked{}, err
	}
	spent, err := epsilonOf(b.Spent, b.Limit.Delta)
	if err != nil {
		return booked{}, err
	}
	// What is reserved may be above what is counted, once the limit was lowered.
	all, err := epsilonOf(taken, b.Limit.Delta)
	if err != nil {
		all = b.Limit.Epsilon
	}
	shown := booked{
		Dataset: d.ID, Name: d.Name, Owner: d.Owner, Unit: b.Limit.Unit, Adjacency: b.Limit.Adjacency,
		Limit: json.Number(b.Limit.Epsilon.String()), Delta: json.Number(b.Limit.Delta.String()),
		Ledger: json.Number(spent.String()), Reserved: json.Number((max(all, spent) - spent).String()), Left: json.Number(b.Left().String()),
		Rows: b.Rows, book: b,
	}
	shown.Label = meaning(b.Limit)
	return shown, nil
}

// meaning is what must stand beside a limit that means nothing; else it is empty.
func meaning(l cost.Limit) string {
	if l.Epsilon > cost.Meaningless {
		return noMeaning
	}
	return ""
}

// labelled is a cell with its label, if it has one.
func labelled(cell, label string) string {
	if label == "" {
		return cell
	}
	return cell + ", " + label
}

// noMeaning labels a limit, or a loss, above [cost.Meaningless].
const noMeaning = "no meaningful privacy"

// count asks the tightest accountant about what is spent.
func (b *booked) count(plan account.Plan) {
	if answer, err := plan.Epsilon(deltaOf(b.book.Limit)); err == nil {
		b.Epsilon, b.Accountant = &answer.Epsilon, answer.Accountant
	}
}

// deltaOf is the delta of a limit as accountants take it.
func deltaOf(l cost.Limit) float64 {
	delta, _ := new(big.Rat).SetFrac64(int64(l.Delta), int64(cost.OneDelta)).Float64()
	return delta
}

// spentOf is what was charged to a book as a plan for accountants: its rows say how
// often, the tasks how each release is made.
func spentOf(ctx context.Context, c *client.Client, dataset uint64, limit cost.Limit) (account.Plan, error) {
	rows, _, err := read(pages{limit: 100, all: true}, func(at client.Page) ([]cost.Row, client.Page, error) {
		return c.Rows(ctx, dataset, at)
	})
	if err != nil {
		return account.Plan{}, err
	}
	return planOf(limit, rows, func(task uint64, reason string) (cost.Release, error) { return c.Release(ctx, task, reason) })
}

// planOf makes a plan of rows, one part for each task and reason in the order in which
// they were first charged.
func planOf(limit cost.Limit, rows []cost.Row, made func(task uint64, reason string) (cost.Release, error)) (account.Plan, error) {
	type purpose struct {
		task   uint64
		reason string
	}
	type charges struct {
		purpose
		each     cost.Release
		releases uint64
	}
	var charged []charges
	place := map[purpose]int{}
	for _, row := range rows {
		if row.Entry != cost.EntryCharge {
			continue
		}
		at := purpose{row.Task, row.Reason}
		i, known := place[at]
		if !known {
			release, err := made(row.Task, row.Reason)
			if err != nil {
				return account.Plan{}, fmt.Errorf("releases of task %d, %s: %w", row.Task, row.Reason, err)
			}
			i = len(charged)
			place[at], charged = i, append(charged, charges{purpose: at, each: release})
		}
		charged[i].releases += row.Releases
	}
	plan := account.Plan{Unit: limit.Unit, Adjacency: limit.Adjacency}
	for _, c := range charged {
		part, err := account.Released(c.each, c.releases)
		if err != nil {
			return account.Plan{}, fmt.Errorf("releases of task %d, %s: %w", c.task, c.reason, err)
		}
		plan.Parts = append(plan.Parts, part)
	}
	return plan, nil
}

func (s *session) showBudget(ctx context.Context, c *client.Client, d spec.Dataset) error {
	b, err := readBook(ctx, c, d)
	if err != nil {
		return err
	}
	if s.json {
		return s.line(b)
	}
	t := s.table()
	t.row("data set", fmt.Sprintf("%d %s", d.ID, d.Name))
	t.row("owner", d.Owner)
	b.rows(t)
	if err := t.flush(); err != nil {
		return err
	}
	if s.terminal() {
		gone := b.book.Limit.Epsilon - min(b.book.Limit.Epsilon, b.book.Left())
		fmt.Fprintf(s.out, "\n%s %s of %s is spent or reserved\n", b.bar(), gone, b.Limit)
	}
	if b.Accountant != "" {
		fmt.Fprintf(s.out, "\nthe ledger's epsilon decides when to stop; %s stands beside it\n", owned(b.Accountant))
	}
	return nil
}

// rows are the lines of a table about a budget.
func (b booked) rows(t table) {
	t.row("limit", b.book.Limit)
	if b.Label != "" {
		t.row("", b.Label)
	}
	t.row("spent", fmt.Sprintf("%s by the ledger", b.Ledger))
	if b.Epsilon != nil {
		t.row("", fmt.Sprintf("%s by %s", micros(*b.Epsilon), b.Accountant))
	}
	t.row("reserved", fmt.Sprintf("%s more", b.Reserved))
	t.row("left", b.Left)
}

// bar is how much of the limit is gone.
func (b booked) bar() string {
	const fine = 1000
	limit := max(1, b.book.Limit.Epsilon)
	return bar(int(fine-fine*min(b.book.Left(), limit)/limit), fine)
}
