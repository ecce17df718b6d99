package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/cost"
)

// entered is one row of a book's history. Losses are integers: epsilon in micros, the
// others in nanos.
type entered struct {
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
	Each      *lost          `json:"each,omitempty"`

	row cost.Row
}

// lost is what one release costs, as the ledger adds it up.
type lost struct {
	Epsilon cost.Epsilon `json:"epsilon_micro,omitempty"`
	PureRho cost.Nano    `json:"pure_rho_nano,omitempty"`
	Rho     cost.Nano    `json:"rho_nano,omitempty"`
	Xi      cost.Nano    `json:"xi_nano,omitempty"`
	Curve   []cost.Nano  `json:"curve_nano,omitempty"`
}

func (s *session) budgetHistory() *cobra.Command {
	var p pages
	c := &cobra.Command{
		Use:     "history DATA",
		Short:   "Show every entry of a data set's book, each with its reason; none is ever changed",
		Example: "  althing budget history 1\n  althing budget history 1 --all --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, d, err := s.dataset(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			rows, more, err := read(p, func(at client.Page) ([]cost.Row, client.Page, error) { return c.Rows(cmd.Context(), d.ID, at) })
			if err != nil {
				return err
			}
			var entries []entered
			for _, row := range rows {
				entries = append(entries, entryOf(d.ID, row))
			}
			s.more(more, "budget history", args[0], fmt.Sprintf("--limit %d", p.limit))
			return show(s, entries, []any{"ROW", "ENTRY", "TASK", "ROUND", "REASON", "RELEASES", "LIMIT, OR COST OF EACH"}, entryRow)
		},
	}
	p.flags(c)
	return c
}

func entryOf(dataset uint64, row cost.Row) entered {
	e := entered{Dataset: dataset, Row: row.Number, Entry: row.Entry, Task: row.Task, Reason: row.Reason, Round: row.Round, Releases: row.Releases, row: row}
	if row.Entry == cost.EntryLimit {
		e.Limit, e.Delta = json.Number(row.Limit.Epsilon.String()), json.Number(row.Limit.Delta.String())
		e.Unit, e.Adjacency, e.Label = row.Limit.Unit, row.Limit.Adjacency, meaning(row.Limit)
		return e
	}
	e.Each = &lost{Epsilon: row.Each.Epsilon, PureRho: row.Each.PureRho, Rho: row.Each.Rho, Xi: row.Each.Xi}
	if !row.Each.Curve.Zero() {
		e.Each.Curve = row.Each.Curve[:]
	}
	return e
}

func entryRow(e entered) []any {
	if e.Entry == cost.EntryLimit {
		return []any{e.Row, e.Entry, "-", "-", "-", "-", labelled(e.row.Limit.String(), e.Label)}
	}
	return []any{e.Row, e.Entry, e.Task, unless(e.Round == 0, e.Round), e.Reason, e.Releases, inWords(e.row.Each)}
}

// inWords is what one release costs, for people.
func inWords(a cost.Amount) string {
	var parts []string
	add := func(name string, nanos cost.Nano) {
		if nanos > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", name, nano(nanos)))
		}
	}
	if a.Epsilon > 0 {
		parts = append(parts, "epsilon "+a.Epsilon.String())
	}
	add("rho", a.Rho)
	add("xi", a.Xi)
	if !a.Curve.Zero() {
		const order = 6 // its place in cost.Orders; the order is 8, a usual one for some hundred releases
		parts = append(parts, fmt.Sprintf("divergence %s at order %d, and so on", nano(a.Curve[order]), cost.Orders()[order]))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// nano is a number of nanos as a decimal.
func nano(n cost.Nano) string {
	if n == cost.Dead {
		return "without bound"
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%09d", n/cost.OneNano, n%cost.OneNano), "0"), ".")
}
