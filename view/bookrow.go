package view

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/althing-network/althing/privacy/cost"
)

// BookRow is one row of a book's history. Losses are integers: epsilon in micros, the others
// in nanos.
type BookRow struct {
	Dataset   uint64         `json:"dataset"`
	Row       uint64         `json:"row"`
	Entry     cost.Entry     `json:"entry"`
	Limit     json.Number    `json:"limit_epsilon,omitempty"`
	Label     string         `json:"label,omitempty"`
	Delta     json.Number    `json:"delta,omitempty"`
	Unit      cost.Unit      `json:"unit,omitempty"`
	Adjacency cost.Adjacency `json:"adjacency,omitempty"`
	Task      uint64         `json:"task,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	Round     uint64         `json:"round,omitempty"`
	Releases  uint64         `json:"releases,omitempty"`
	Each      *Loss          `json:"each,omitempty"`

	row cost.Row
}

// Loss is what one release costs, in the integers that the ledger adds up.
type Loss struct {
	Epsilon cost.Epsilon `json:"epsilon_micro,omitempty"`
	PureRho cost.Nano    `json:"pure_rho_nano,omitempty"`
	Rho     cost.Nano    `json:"rho_nano,omitempty"`
	Xi      cost.Nano    `json:"xi_nano,omitempty"`
	Curve   []cost.Nano  `json:"curve_nano,omitempty"`
}

// BookRowOf is a row of the book of a data set.
func BookRowOf(dataset uint64, row cost.Row) BookRow {
	v := BookRow{Dataset: dataset, Row: row.Number, Entry: row.Entry, Task: row.Task, Reason: row.Reason, Round: row.Round, Releases: row.Releases, row: row}
	if row.Entry == cost.EntryLimit {
		v.Limit, v.Delta = json.Number(row.Limit.Epsilon.String()), json.Number(row.Limit.Delta.String())
		v.Unit, v.Adjacency, v.Label = row.Limit.Unit, row.Limit.Adjacency, limitLabel(row.Limit)
		return v
	}
	v.Each = &Loss{Epsilon: row.Each.Epsilon, PureRho: row.Each.PureRho, Rho: row.Each.Rho, Xi: row.Each.Xi}
	if !row.Each.Curve.Zero() {
		v.Each.Curve = row.Each.Curve[:]
	}
	return v
}

// BookRows is the history of a book.
type BookRows []BookRow

// Page lists the rows.
func (list BookRows) Page() Page {
	return of(Table([]string{"ROW", "ENTRY", "TASK", "ROUND", "REASON", "RELEASES", "LIMIT, OR COST OF EACH"}, list, func(v BookRow) []any {
		if v.Entry == cost.EntryLimit {
			return []any{v.Row, v.Entry, "-", "-", "-", "-", withLabel(v.row.Limit.String(), v.Label)}
		}
		return []any{v.Row, v.Entry, v.Task, Dash(v.Round == 0, v.Round), v.Reason, v.Releases, LossText(v.row.Each)}
	}))
}

// LossText is what one release costs, for people.
func LossText(a cost.Amount) string {
	var parts []string
	add := func(name string, nanos cost.Nano) {
		if nanos > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", name, nanosText(nanos)))
		}
	}
	if a.Epsilon > 0 {
		parts = append(parts, "epsilon "+a.Epsilon.String())
	}
	add("rho", a.Rho)
	add("xi", a.Xi)
	if !a.Curve.Zero() {
		const shown = 6 // the index in cost.Orders of order 8, which decides for some hundred releases
		parts = append(parts, fmt.Sprintf("divergence %s at order %d, and so on", nanosText(a.Curve[shown]), cost.Orders()[shown]))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// nanosText is a number of nanos as a decimal.
func nanosText(n cost.Nano) string {
	if n == cost.NoBound {
		return "without bound"
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%09d", n/cost.OneNano, n%cost.OneNano), "0"), ".")
}
