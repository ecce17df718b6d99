package round

import (
	"github.com/althing-network/althing/spec"
)

// Payout is all that a task's escrow pays for one reason.
type Payout struct {
	Earnings   []Earning
	Validators uint64 // uthing, to the validators of blocks
}

// Earning is what a node earns.
type Earning struct {
	Node   uint64
	Role   spec.Role
	Amount uint64 // uthing, to the node's owner
	Lender string // account that lent the node its rows; empty if the rows are its own
	Lent   uint64 // uthing, to the lender
}

// Reward is the pay for a round that gave a model. The task's tariff splits the pay of a
// round between roles. The survivors share the trainers' part equally. Each aggregator that
// revealed the accepted model gets an equal share of the aggregators' part, and each
// evaluator that opened its score an equal share of theirs. The shares of silent nodes stay
// in the escrow, so no node gains by the silence of others. The remainders of the divisions
// stay there too, until the task closes.
//
// Reward is also the pay for a round that was stopped because the round before has ended the
// task. Some of its trainers had no chance to commit, so each survivor earns as much as if
// all trainers that were asked had survived. Aggregators are paid for their attestation.
func Reward(t spec.Task, r spec.Round) Payout {
	pot, split := t.Spec.PerRound(), t.Tariff.Split
	sharing := uint64(r.Survivors())
	if r.Next.IsZero() {
		sharing = uint64(r.Asked)
	}
	p := Payout{Validators: split.Validators.Of(pot)}
	for _, c := range r.Trainers {
		if c.Survivor {
			p.trainer(c, split.Trainers.Of(pot)/sharing)
		}
	}
	for _, a := range r.Aggregates {
		if !r.Next.IsZero() && a.Revealed > 0 && a.Digest == r.Next || r.Next.IsZero() && a.Attested > 0 {
			p.add(a.Node, spec.Aggregator, split.Aggregators.Of(pot)/uint64(len(r.Aggregates)))
		}
	}
	for _, e := range r.Scores {
		if e.Revealed > 0 {
			p.add(e.Node, spec.Evaluator, split.Evaluators.Of(pot)/uint64(len(t.Evaluators)))
		}
	}
	return p
}

// feePart is the divisor of a fee: one aborted round costs an eighth of what is left for fees.
const feePart = 8

// Fee is the pay for an aborted round. All fees of a task together stay below half of one
// round's pay: each takes an eighth of what is left of that half. A fee is split between
// roles like the reward. It is paid to each trainer that has committed, each aggregator that
// has answered all that it was asked, and each evaluator, which the task has kept from other
// work. The shares of silent nodes, and of an aggregator that attested nothing, stay in the
// escrow.
func Fee(t spec.Task, r spec.Round) Payout {
	p := Payout{Validators: t.Tariff.Split.Validators.Of(nextFee(t))}
	for _, c := range r.Trainers {
		if c.Height > 0 {
			p.trainer(c, t.Tariff.Split.Trainers.Of(nextFee(t))/uint64(r.Asked))
		}
	}
	for _, a := range r.Aggregates {
		if served(r, a) {
			p.add(a.Node, spec.Aggregator, t.Tariff.Split.Aggregators.Of(nextFee(t))/uint64(len(r.Aggregates)))
		}
	}
	for _, e := range r.Scores {
		p.add(e.Node, spec.Evaluator, t.Tariff.Split.Evaluators.Of(nextFee(t))/uint64(len(t.Evaluators)))
	}
	return p
}

// WaitingFee is the pay of a committee that waited for a round when its task closed: the fee
// of an aborted round, for the members that were ready.
func WaitingFee(t spec.Task) Payout {
	p := Payout{Validators: t.Tariff.Split.Validators.Of(nextFee(t))}
	for _, m := range t.Aggregators {
		if !m.Ready.IsZero() {
			p.add(m.Node, spec.Aggregator, t.Tariff.Split.Aggregators.Of(nextFee(t))/uint64(len(t.Aggregators)))
		}
	}
	for _, m := range t.Evaluators {
		if !m.Ready.IsZero() {
			p.add(m.Node, spec.Evaluator, t.Tariff.Split.Evaluators.Of(nextFee(t))/uint64(len(t.Evaluators)))
		}
	}
	return p
}

// Delivery is the pay for updates that were delivered, as bitmaps or receipts show, in a round
// that gave no model. Half of a round's pay is divided by the number of trainers that
// committed, and each trainer that delivered gets one part; the other parts stay in the
// escrow. A task pays this once.
func Delivery(t spec.Task, r spec.Round) (p Payout) {
	if t.Delivered > 0 || r.Commitments == 0 {
		return p
	}
	for i, c := range r.Trainers {
		if delivered(t.Spec.Selection, r, i) {
			p.trainer(c, t.Spec.PerRound()/2/uint64(r.Commitments))
		}
	}
	return p
}

// nextFee is what the next aborted round of a task costs, in uthing.
func nextFee(t spec.Task) uint64 { return (t.Spec.PerRound()/2 - t.Fees) / feePart }

// served reports whether an aggregator had answered all that it was asked when its round was
// aborted.
func served(r spec.Round, a spec.Aggregate) bool {
	return (!empty(a.Holds) || len(r.Committed) == 0) &&
		(a.Committed > 0 || r.Phase != spec.PhaseAggregate && r.Phase != spec.PhaseReveal) &&
		(a.Revealed > 0 || r.Phase != spec.PhaseReveal)
}

// trainer adds the pay of a trainer. If its rows are lent, their owner gets half of it.
func (p *Payout) trainer(c spec.Contribution, amount uint64) {
	if amount == 0 {
		return
	}
	e := Earning{Node: c.Node, Role: spec.Trainer, Amount: amount}
	if c.Lender != "" {
		e.Lender, e.Lent = c.Lender, amount/2
		e.Amount -= e.Lent
	}
	p.Earnings = append(p.Earnings, e)
}

func (p *Payout) add(node uint64, role spec.Role, amount uint64) {
	if amount > 0 {
		p.Earnings = append(p.Earnings, Earning{Node: node, Role: role, Amount: amount})
	}
}

// Total is what leaves the escrow in all, in uthing.
func (p Payout) Total() uint64 {
	total := p.Validators
	for _, e := range p.Earnings {
		total += e.Amount + e.Lent
	}
	return total
}

// EscrowLeft is what the escrow still holds for a task, in uthing.
func EscrowLeft(t spec.Task) uint64 { return t.Spec.Escrow - t.Paid - t.Refunded }

// pay records in a round what its participants earn, and pays it.
func (s *State) pay(r *spec.Round, p Payout) (effects []Effect) {
	for _, e := range p.Earnings {
		switch e.Role {
		case spec.Trainer:
			i := r.Trainer(e.Node)
			r.Trainers[i].Paid += e.Amount
			r.Trainers[i].Lent += e.Lent
		case spec.Aggregator:
			r.Aggregates[r.Aggregator(e.Node)].Paid += e.Amount
		default:
			r.Scores[r.Evaluator(e.Node)].Paid += e.Amount
		}
	}
	r.Paid += p.Total()
	r.Validators += p.Validators
	return s.payOut(r.Number, p)
}

// payOut pays a payout, and counts it in the task.
func (s *State) payOut(number uint64, p Payout) (effects []Effect) {
	for _, e := range p.Earnings {
		effects = append(effects, Pay{Round: number, Earning: e})
	}
	if p.Validators > 0 {
		effects = append(effects, PayValidators{number, p.Validators})
	}
	s.Task.Paid += p.Total()
	return effects
}
