package view

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// Budget is how much privacy of a data set may be lost, how much is lost, and what is left:
// by the integers of the ledger, and beside them by an accountant.
type Budget struct {
	Dataset   uint64         `json:"dataset"`
	Name      string         `json:"name"`
	Owner     string         `json:"owner"`
	Unit      cost.Unit      `json:"unit"`
	Adjacency cost.Adjacency `json:"adjacency"`
	Limit     json.Number    `json:"limit_epsilon"`
	Delta     json.Number    `json:"delta"`
	Label     string         `json:"label,omitempty"`
	Ledger    json.Number    `json:"ledger_epsilon"` // that is spent
	Reserved  json.Number    `json:"reserved_epsilon"`
	Left      json.Number    `json:"left_epsilon"`
	// Epsilon is what is spent by an accountant; nil where nothing is spent, and where the
	// accountant knows no bound.
	Epsilon    *float64           `json:"epsilon,omitempty"`
	Accountant account.Accountant `json:"accountant,omitempty"`
	Rows       uint64             `json:"rows"`

	book cost.Book
}

// ReadBudget reads the book of a data set, and its history where something is spent.
func ReadBudget(ctx context.Context, c *client.Client, d spec.Dataset) (Budget, error) {
	book, err := c.Book(ctx, d.ID)
	if err != nil {
		return Budget{}, err
	}
	v, err := BudgetOf(d, book)
	if err != nil || book.Spent.Zero() {
		return v, err
	}
	rows, err := ReadAll(func(page client.Page) ([]cost.Row, client.Page, error) { return c.Rows(ctx, d.ID, page) })
	if err != nil {
		return v, err
	}
	plan, err := PlanOfRows(book.Limit, rows, func(task uint64, reason string) (cost.Release, error) { return c.Release(ctx, task, reason) })
	if errors.Is(err, client.ErrNoRelease) || errors.Is(err, account.ErrNoise) {
		return v, nil // only the ledger counts it
	}
	if err != nil {
		return v, err
	}
	v.Account(plan)
	return v, nil
}

// BudgetOf is the budget of a data set by its book, without an accountant's epsilon.
func BudgetOf(d spec.Dataset, book cost.Book) (Budget, error) {
	taken, err := book.Taken()
	if err != nil {
		return Budget{}, err
	}
	spent, err := EpsilonAt(book.Spent, book.Limit.Delta)
	if err != nil {
		return Budget{}, err
	}
	// What is reserved may be more than can be counted, once the limit was lowered.
	spentAndReserved, err := EpsilonAt(taken, book.Limit.Delta)
	if err != nil {
		spentAndReserved = book.Limit.Epsilon
	}
	return Budget{
		Dataset: d.ID, Name: d.Name, Owner: d.Owner, Unit: book.Limit.Unit, Adjacency: book.Limit.Adjacency,
		Limit: json.Number(book.Limit.Epsilon.String()), Delta: json.Number(book.Limit.Delta.String()), Label: limitLabel(book.Limit),
		Ledger: json.Number(spent.String()), Reserved: json.Number((max(spentAndReserved, spent) - spent).String()),
		Left: json.Number(book.Left().String()), Rows: book.Rows, book: book,
	}, nil
}

// Account asks the tightest accountant how much of the budget a plan has spent.
func (v *Budget) Account(plan account.Plan) {
	if answer, err := plan.Epsilon(deltaOf(v.book.Limit)); err == nil {
		v.Epsilon, v.Accountant = &answer.Epsilon, answer.Accountant
	}
}

// PlanOfRows makes a plan for accountants of what the rows of a book charged, one part for
// each task and reason in the order of their first charges. Release says how a task makes its
// releases for a reason.
func PlanOfRows(limit cost.Limit, rows []cost.Row, release func(task uint64, reason string) (cost.Release, error)) (account.Plan, error) {
	type purpose struct {
		task   uint64
		reason string
	}
	type charge struct {
		purpose
		each     cost.Release
		releases uint64
	}
	var charges []charge
	index := map[purpose]int{}
	for _, row := range rows {
		if row.Entry != cost.EntryCharge {
			continue
		}
		key := purpose{row.Task, row.Reason}
		i, known := index[key]
		if !known {
			each, err := release(row.Task, row.Reason)
			if err != nil {
				return account.Plan{}, fmt.Errorf("releases of task %d, %s: %w", row.Task, row.Reason, err)
			}
			i = len(charges)
			index[key], charges = i, append(charges, charge{purpose: key, each: each})
		}
		charges[i].releases += row.Releases
	}
	plan := account.Plan{Unit: limit.Unit, Adjacency: limit.Adjacency}
	for _, c := range charges {
		part, err := account.Released(c.each, c.releases)
		if err != nil {
			return account.Plan{}, fmt.Errorf("releases of task %d, %s: %w", c.task, c.reason, err)
		}
		plan.Parts = append(plan.Parts, part)
	}
	return plan, nil
}

// Page shows the budget, and a bar of how much of it is gone.
func (v Budget) Page() Page {
	var p Part
	p.Row("data set", fmt.Sprintf("%d %s", v.Dataset, v.Name))
	p.Row("owner", v.Owner)
	p.budgetRows(v)
	gone := Part{Bars: []Bar{v.Bar()}, Drawing: true}
	if v.Accountant == "" {
		return of(p, gone)
	}
	return of(p, gone, Part{Text: decidesText(v.Accountant)})
}

// Bar draws how much of the limit is spent or reserved.
func (v Budget) Bar() Bar {
	limit := v.book.Limit.Epsilon
	gone := limit - min(limit, v.book.Left())
	bar := Bar{Done: uint64(gone), All: uint64(max(1, limit)), Text: fmt.Sprintf("%s of %s is spent or reserved", gone, v.Limit)}
	if gone == limit {
		bar.Tone = Bad
	}
	return bar
}

// budgetRows are the rows about a budget.
func (p *Part) budgetRows(v Budget) {
	p.Row("limit", v.book.Limit)
	if v.Label != "" {
		p.Row("", Cell{v.Label, Bad})
	}
	p.Row("spent", fmt.Sprintf("%s by the ledger", v.Ledger))
	if v.Epsilon != nil {
		p.Row("", fmt.Sprintf("%s by %s", EpsilonText(*v.Epsilon), v.Accountant))
	}
	p.Row("reserved", fmt.Sprintf("%s more", v.Reserved))
	p.Row("left", v.Left)
}

// decidesText says which epsilon decides, where an accountant's stands beside the ledger's.
func decidesText(a account.Accountant) string {
	var epsilon string
	switch a {
	case account.PLD, account.RDP, account.KOV:
		epsilon = strings.ToUpper(string(a)) + "'s"
	case account.ZCDP:
		epsilon = "zCDP's"
	default:
		epsilon = "the " + string(a) + " one"
	}
	return "the ledger's epsilon decides when to stop; " + epsilon + " is shown for comparison"
}

// Budgets is a list of budgets.
type Budgets []Budget

// Page lists the budgets.
func (list Budgets) Page() Page {
	head := []string{"DATA", "NAME", "UNIT", "EPSILON", "DELTA", "SPENT", "RESERVED", "LEFT", "OWNER"}
	labels := slices.ContainsFunc(list, func(v Budget) bool { return v.Label != "" })
	if labels {
		head = append(head, "NOTE")
	}
	return of(Table(head, list, func(v Budget) []any {
		row := []any{v.Dataset, v.Name, v.Unit, v.Limit, v.Delta, v.Ledger, v.Reserved, v.Left, v.Owner}
		if labels {
			row = append(row, Dash(v.Label == "", Cell{v.Label, Bad}))
		}
		return row
	}))
}
