package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// payout is what a demonstration's task has paid to somebody in one role.
type payout struct {
	Node       string `json:"node"` // its name; of who is no node, what it is
	Role       string `json:"role"`
	Amount     uint64 `json:"uthing"`
	Reputation uint64 `json:"reputation_ppm"` // after the task; 0 of who is no node
}

// money reads who has earned what, and what was burned.
func (d *demonstration) money(ctx context.Context, chain *client.Client, task spec.Task, s *summary) error {
	earned, err := readPayouts(ctx, chain, task)
	if err != nil {
		return err
	}
	nodes, _, err := chain.Nodes(ctx, 0, false, client.Page{Limit: 1000})
	if err != nil {
		return err
	}
	reputation := map[uint64]spec.PPM{}
	for _, n := range nodes {
		reputation[n.ID] = n.Reputation
	}
	s.Slashed, s.Payouts = earned.Slashed, []payout{}
	for _, e := range earned.Earnings {
		p := payout{Node: e.Name, Role: e.Role, Amount: e.Earned, Reputation: uint64(reputation[e.Node])}
		if e.Node == 0 {
			p.Node = e.who()
		}
		s.Payouts = append(s.Payouts, p)
	}
	supply, err := chain.Supply(ctx)
	s.Burned = d.had.Total + d.granted() - supply.Total
	return err
}

// earned shows who has earned what, those together who are alike.
func (p *plain) earned(list []payout) {
	type line struct {
		payout
		names []string
	}
	var lines []line
	for _, e := range list {
		i := slices.IndexFunc(lines, func(l line) bool { return l.Role == e.Role && l.Amount == e.Amount && l.Reputation == e.Reputation })
		if i < 0 {
			i = len(lines)
			lines = append(lines, line{payout: e})
		}
		lines[i].names = append(lines[i].names, e.Node)
	}
	if len(lines) == 0 {
		return
	}
	fmt.Fprintln(p.out)
	t := table{tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)}
	t.row("role", "earned, THING", "reputation", "who")
	for _, l := range lines {
		amount := inThing(l.Amount)
		if len(l.names) > 1 {
			amount += " each"
		}
		t.row(l.Role, amount, unless(l.Reputation == 0, spec.PPM(l.Reputation)), strings.TrimSpace(brief(l.names, 2)))
	}
	_ = t.flush()
}
