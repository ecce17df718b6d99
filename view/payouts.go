package view

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// Payouts is where the money of a task has gone.
type Payouts struct {
	Task      uint64         `json:"task"`
	State     spec.TaskState `json:"state"`
	Escrow    uint64         `json:"escrow_uthing"`
	Paid      uint64         `json:"paid_uthing"`      // the sum of Earnings
	Fees      uint64         `json:"fees_uthing"`      // part of Paid: for aborted rounds and a committee that waited
	Delivered uint64         `json:"delivered_uthing"` // part of Paid: for updates that were delivered in an aborted round
	Refunded  uint64         `json:"refunded_uthing"`
	Held      uint64         `json:"held_uthing"`    // still in escrow
	Slashed   uint64         `json:"slashed_uthing"` // from bonds: the sum over Faults
	Burned    uint64         `json:"burned_uthing"`  // all that was slashed, and nothing else
	Earnings  []Earning      `json:"earnings"`
	Faults    []NamedFault   `json:"faults"`
}

// Earning is what somebody has earned in a task in one role.
type Earning struct {
	Role    string `json:"role"`              // of a node, or one of the roles below
	Node    uint64 `json:"node,omitempty"`    // 0 where no node earns
	Name    string `json:"name,omitempty"`    // of the node
	Account string `json:"account,omitempty"` // of a lender
	Rounds  int    `json:"rounds,omitempty"`  // in which the node had a part
	Served  int    `json:"served,omitempty"`  // of these: its part went into the result
	Earned  uint64 `json:"earned_uthing"`
	Aborted uint64 `json:"aborted_uthing"` // part of Earned: in rounds that were aborted
}

// The roles of those who earn and do not stand as nodes in the record of a round.
const (
	EarnsAsLender    = "lender"     // owner of rows that others trained on
	EarnsAsValidator = "validator"  // of blocks, all together
	EarnsForWaiting  = "committee"  // that waited for a round until its task closed
	EarnsForSilence  = "committees" // of rounds in which no trainer spoke: the chain keeps only their totals
)

// NamedFault is a fault with the name of the node.
type NamedFault struct {
	spec.Fault
	Name string `json:"name,omitempty"`
}

// ReadPayouts reads what a task has paid. It reads the rounds again where something was paid
// meanwhile.
func ReadPayouts(ctx context.Context, c *client.Client, t spec.Task) (Payouts, error) {
	for {
		rounds, err := ReadRounds(ctx, c, t.ID)
		if err != nil {
			return Payouts{}, err
		}
		now, err := c.Task(ctx, t.ID)
		if err != nil {
			return Payouts{}, err
		}
		if now.Paid != t.Paid || now.Round != t.Round {
			t = now
			continue
		}
		p := PayoutsOf(now, rounds)
		var nodes []uint64
		for _, e := range p.Earnings {
			if e.Node > 0 {
				nodes = append(nodes, e.Node)
			}
		}
		names, err := ReadNames(ctx, c, nodes)
		for i := range p.Earnings {
			p.Earnings[i].Name = names[p.Earnings[i].Node]
		}
		for i := range p.Faults {
			p.Faults[i].Name = names[p.Faults[i].Node]
		}
		return p, err
	}
}

// PayoutsOf adds up what all rounds of a task record. What the task paid beyond that went to
// a committee that waited.
func PayoutsOf(t spec.Task, rounds []spec.Round) Payouts {
	p := Payouts{
		Task: t.ID, State: t.State, Escrow: t.Spec.Escrow, Paid: t.Paid, Fees: t.Fees, Delivered: t.Delivered, Refunded: t.Refunded,
		Held: t.Spec.Escrow - t.Paid - t.Refunded, Earnings: []Earning{}, Slashed: t.Slashed(), Burned: t.Slashed(), Faults: []NamedFault{},
	}
	for _, n := range ParticipantsOf(t, rounds) {
		p.Earnings = append(p.Earnings, Earning{Role: n.Role.String(), Node: n.Node, Rounds: n.Rounds, Served: n.Served, Earned: n.Earned, Aborted: n.Aborted})
	}
	p.Earnings = append(p.Earnings, lenders(rounds)...)
	validators, silent, waited := Earning{Role: EarnsAsValidator}, Earning{Role: EarnsForSilence}, Earning{Role: EarnsForWaiting, Earned: t.Paid}
	for _, r := range rounds {
		aborted := r.Phase == spec.PhaseAborted
		validators.add(r.Validators, aborted)
		silent.add(r.Paid-paidByRecord(r), aborted)
		waited.Earned -= r.Paid
	}
	waited.Aborted = waited.Earned
	for _, e := range []Earning{validators, silent, waited} {
		if e.Earned > 0 {
			p.Earnings = append(p.Earnings, e)
		}
	}
	for _, f := range t.Faults {
		p.Faults = append(p.Faults, NamedFault{Fault: f})
	}
	return p
}

func (e *Earning) add(uthing uint64, aborted bool) {
	e.Earned += uthing
	if aborted {
		e.Aborted += uthing
	}
}

// lenders are the owners of rows that others trained on, in the order of their accounts.
func lenders(rounds []spec.Round) (list []Earning) {
	for _, r := range rounds {
		for _, c := range r.Trainers {
			if c.Lent == 0 {
				continue
			}
			i := slices.IndexFunc(list, func(e Earning) bool { return e.Account == c.Lender })
			if i < 0 {
				i = len(list)
				list = append(list, Earning{Role: EarnsAsLender, Account: c.Lender})
			}
			list[i].add(c.Lent, r.Phase == spec.PhaseAborted)
		}
	}
	slices.SortFunc(list, func(a, b Earning) int { return cmp.Compare(a.Account, b.Account) })
	return list
}

// paidByRecord is what a round has paid to those whom its record names, in uthing.
func paidByRecord(r spec.Round) uint64 {
	sum := r.Validators
	for _, t := range r.Trainers {
		sum += t.Paid + t.Lent
	}
	for _, a := range r.Aggregates {
		sum += a.Paid
	}
	for _, e := range r.Scores {
		sum += e.Paid
	}
	return sum
}

// Who names who has earned.
func (e Earning) Who() string {
	switch e.Role {
	case EarnsAsLender:
		return e.Account
	case EarnsAsValidator:
		return "validators of blocks"
	case EarnsForWaiting:
		return "that waited for a round"
	case EarnsForSilence:
		return "of rounds that came to nothing"
	}
	return fmt.Sprintf("%d %s", e.Node, e.Name)
}

// Page shows who earned what, and where the rest of the escrow is.
func (p Payouts) Page() Page {
	earned := Table([]string{"ROLE", "WHO", "SERVED", "EARNED", "ABORTED"}, p.Earnings, func(e Earning) []any {
		return []any{e.Role, e.Who(), Dash(e.Node == 0, fmt.Sprintf("%d of %d", e.Served, e.Rounds)), spec.Money(e.Earned), Dash(e.Aborted == 0, spec.Money(e.Aborted))}
	})
	var sums Part
	sums.Row("for rounds", spec.Money(p.Paid-p.Fees-p.Delivered))
	sums.Row("fees", spec.Money(p.Fees)+", for aborted rounds and a committee that waited")
	sums.Row("deliveries", spec.Money(p.Delivered)+", for updates that reached an aborted round")
	sums.Row("paid", spec.Money(p.Paid))
	sums.Row("refunded", spec.Money(p.Refunded))
	sums.Row("in escrow", spec.Money(p.Held))
	sums.Row("locked", spec.Money(p.Escrow))
	if len(p.Faults) > 0 {
		sums.Row("slashed", spec.Money(p.Slashed)+", all of it burned")
	}
	for _, f := range p.Faults {
		sums.Row("", Cell{fmt.Sprintf("%s of %d %s, %s, first in round %d", spec.Money(f.Burned), f.Node, f.Name, f.Kind, f.Round), Bad})
	}
	return of(earned, sums)
}
