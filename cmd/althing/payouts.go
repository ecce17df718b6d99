package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// payouts is where the money of a task has gone.
type payouts struct {
	Task      uint64         `json:"task"`
	State     spec.TaskState `json:"state"`
	Escrow    uint64         `json:"escrow_uthing"`
	Paid      uint64         `json:"paid_uthing"`      // the sum of Earnings
	Fees      uint64         `json:"fees_uthing"`      // of Paid, for aborted rounds and a committee that waited
	Delivered uint64         `json:"delivered_uthing"` // of Paid, for updates that were delivered in a round that was aborted
	Refunded  uint64         `json:"refunded_uthing"`
	Held      uint64         `json:"held_uthing"`    // still in escrow
	Slashed   uint64         `json:"slashed_uthing"` // of bonds, the sum over Faults
	Burned    uint64         `json:"burned_uthing"`  // all of what was slashed, and nothing else
	Earnings  []earning      `json:"earnings"`
	Faults    []namedLoss    `json:"faults"`
}

// earning is what somebody has earned in a task in one role.
type earning struct {
	Role    string `json:"role"`              // of a node, or one of those below
	Node    uint64 `json:"node,omitempty"`    // 0 where it is no node
	Name    string `json:"name,omitempty"`    // of the node
	Account string `json:"account,omitempty"` // of a lender
	Rounds  int    `json:"rounds,omitempty"`  // in which the node had a part
	Served  int    `json:"served,omitempty"`  // of these, whose result its part went into
	Earned  uint64 `json:"earned_uthing"`
	Aborted uint64 `json:"aborted_uthing"` // of Earned, in rounds that were aborted
}

// Who earns without being a node that a round records.
const (
	lenderRole    = "lender"     // owner of rows that others trained on
	validatorRole = "validator"  // of blocks, all together
	waitingRole   = "committee"  // that waited for a round until its task closed
	nothingRole   = "committees" // of rounds in which no trainer spoke: of these the chain keeps totals only
)

// namedLoss is a fault with what it has cost, and the name of who lost that.
type namedLoss struct {
	spec.Fault
	Name string `json:"name,omitempty"`
}

func (s *session) taskPayouts() *cobra.Command {
	return &cobra.Command{
		Use:   "payouts TASK",
		Short: "Show who earned what in a task, and where the rest of the escrow is",
		Long: `Shows what a task has paid, by role and node. A node's pay goes to its owner; where
its rows are lent, the lender has half of it. SERVED says in how many of its rounds
the node's part went into the result, ABORTED how much it has earned in rounds that
were aborted. Of a round in which no trainer spoke the chain keeps totals only. What
nodes have lost for faults in the task is burned. In uthing, as --json has them, paid +
refunded + burned = escrow + slashed once the task is closed; before, some is held.`,
		Example: "  althing task payouts 1\n  althing task payouts 1 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			p, err := readPayouts(cmd.Context(), c, t)
			if err != nil {
				return err
			}
			return s.showPayouts(p)
		},
	}
}

// readPayouts reads the rounds of a task until nothing was paid meanwhile.
func readPayouts(ctx context.Context, c *client.Client, t spec.Task) (payouts, error) {
	for {
		rounds, err := allRounds(ctx, c, t.ID)
		if err != nil {
			return payouts{}, err
		}
		now, err := c.Task(ctx, t.ID)
		if err != nil {
			return payouts{}, err
		}
		if now.Paid != t.Paid || now.Round != t.Round {
			t = now
			continue
		}
		p := payoutsOf(now, rounds)
		var ids []uint64
		for _, e := range p.Earnings {
			if e.Node > 0 {
				ids = append(ids, e.Node)
			}
		}
		known, err := names(ctx, c, ids)
		for i := range p.Earnings {
			p.Earnings[i].Name = known[p.Earnings[i].Node]
		}
		for i := range p.Faults {
			p.Faults[i].Name = known[p.Faults[i].Node]
		}
		return p, err
	}
}

// payoutsOf adds up what the rounds of a task record. What its record has beyond them was
// paid to a committee that waited.
func payoutsOf(t spec.Task, rounds []spec.Round) payouts {
	p := payouts{
		Task: t.ID, State: t.State, Escrow: t.Spec.Escrow, Paid: t.Paid, Fees: t.Fees, Delivered: t.Delivered, Refunded: t.Refunded,
		Held: t.Spec.Escrow - t.Paid - t.Refunded, Earnings: []earning{}, Slashed: t.Slashed(), Burned: t.Slashed(), Faults: []namedLoss{},
	}
	for _, n := range parts(t, rounds) {
		p.Earnings = append(p.Earnings, earning{Role: n.Role.String(), Node: n.Node, Rounds: n.Rounds, Served: n.Served, Earned: n.Earned, Aborted: n.Aborted})
	}
	p.Earnings = append(p.Earnings, lenders(rounds)...)
	validators, nothing, waited := earning{Role: validatorRole}, earning{Role: nothingRole}, earning{Role: waitingRole, Earned: t.Paid}
	for _, r := range rounds {
		aborted := r.Phase == spec.PhaseAborted
		validators.add(r.Validators, aborted)
		nothing.add(r.Paid-recorded(r), aborted)
		waited.Earned -= r.Paid
	}
	waited.Aborted = waited.Earned
	for _, e := range []earning{validators, nothing, waited} {
		if e.Earned > 0 {
			p.Earnings = append(p.Earnings, e)
		}
	}
	for _, f := range t.Faults {
		p.Faults = append(p.Faults, namedLoss{Fault: f})
	}
	return p
}

func (e *earning) add(uthing uint64, aborted bool) {
	e.Earned += uthing
	if aborted {
		e.Aborted += uthing
	}
}

// lenders are the owners of rows that others trained on, in the order of their accounts.
func lenders(rounds []spec.Round) (list []earning) {
	for _, r := range rounds {
		for _, c := range r.Trainers {
			if c.Lent == 0 {
				continue
			}
			i := slices.IndexFunc(list, func(e earning) bool { return e.Account == c.Lender })
			if i < 0 {
				i = len(list)
				list = append(list, earning{Role: lenderRole, Account: c.Lender})
			}
			list[i].add(c.Lent, r.Phase == spec.PhaseAborted)
		}
	}
	slices.SortFunc(list, func(a, b earning) int { return cmp.Compare(a.Account, b.Account) })
	return list
}

// recorded is what a round has paid to those whom its record names, in uthing.
func recorded(r spec.Round) uint64 {
	sum := r.Validators
	for _, own := range r.Trainers {
		sum += own.Paid + own.Lent
	}
	for _, own := range r.Aggregates {
		sum += own.Paid
	}
	for _, own := range r.Scores {
		sum += own.Paid
	}
	return sum
}

// who says in words who earns.
func (e earning) who() string {
	switch e.Role {
	case lenderRole:
		return e.Account
	case validatorRole:
		return "validators of blocks"
	case waitingRole:
		return "that waited for a round"
	case nothingRole:
		return "of rounds that came to nothing"
	}
	return fmt.Sprintf("%d %s", e.Node, e.Name)
}

func (s *session) showPayouts(p payouts) error {
	if s.json {
		return s.line(p)
	}
	t := s.table("ROLE", "WHO", "SERVED", "EARNED", "ABORTED")
	for _, e := range p.Earnings {
		t.row(e.Role, e.who(), unless(e.Node == 0, fmt.Sprintf("%d of %d", e.Served, e.Rounds)), money(e.Earned), unless(e.Aborted == 0, money(e.Aborted)))
	}
	if err := t.flush(); err != nil {
		return err
	}
	fmt.Fprintln(s.out)
	t = s.table()
	t.row("for rounds", money(p.Paid-p.Fees-p.Delivered))
	t.row("fees", money(p.Fees)+", for aborted rounds and a committee that waited")
	t.row("deliveries", money(p.Delivered)+", for updates that reached a round which was aborted")
	t.row("paid", money(p.Paid))
	t.row("refunded", money(p.Refunded))
	t.row("in escrow", money(p.Held))
	t.row("locked", money(p.Escrow))
	if len(p.Faults) > 0 {
		t.row("slashed", money(p.Slashed)+", all of it burned")
	}
	for _, f := range p.Faults {
		t.row("", fmt.Sprintf("%s of %d %s, %s, first in round %d", money(f.Burned), f.Node, f.Name, f.Kind, f.Round))
	}
	return t.flush()
}
