package demo

import (
	"context"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// Payout is what the task of a demo has paid to somebody in one role.
type Payout struct {
	Node       string `json:"node"` // its name; where no node earned, who did
	Role       string `json:"role"`
	Amount     uint64 `json:"uthing"`
	Reputation uint64 `json:"reputation_ppm"` // after the task; 0 where no node earned
}

// readMoney reads who has earned what, and how much was burned.
func (f *follower) readMoney(ctx context.Context, chain *client.Client, task spec.Task, s *Summary) error {
	paid, err := view.ReadPayouts(ctx, chain, task)
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
	s.Slashed, s.Payouts = paid.Slashed, []Payout{}
	for _, e := range paid.Earnings {
		p := Payout{Node: e.Name, Role: e.Role, Amount: e.Earned, Reputation: uint64(reputation[e.Node])}
		if e.Node == 0 {
			p.Node = e.Who()
		}
		s.Payouts = append(s.Payouts, p)
	}
	supply, err := chain.Supply(ctx)
	s.Burned = f.record.Supply + f.granted() - supply.Total
	return err
}

// payoutTable shows who has earned what. Nodes that earned the same share a row.
func payoutTable(payouts []Payout) view.Part {
	type group struct {
		Payout
		names []string
	}
	var groups []group
	for _, p := range payouts {
		i := 0
		for i < len(groups) && (groups[i].Role != p.Role || groups[i].Amount != p.Amount || groups[i].Reputation != p.Reputation) {
			i++
		}
		if i == len(groups) {
			groups = append(groups, group{Payout: p})
		}
		groups[i].names = append(groups[i].names, p.Node)
	}
	const namesShown = 2
	return view.Table([]string{"ROLE", "EARNED, THING", "REPUTATION", "WHO"}, groups, func(g group) []any {
		earned := view.Thing(g.Amount)
		if len(g.names) > 1 {
			earned += " each"
		}
		return []any{g.Role, earned, view.Dash(g.Reputation == 0, spec.PPM(g.Reputation)), view.Names(g.names, namesShown)}
	})
}
