package spec

import "fmt"

// Tariff is what the network sets for every task: how the pay of a round is split, and what
// a provable fault costs. It is copied into a task when the task is created, so a vote on it
// changes only later tasks.
type Tariff struct {
	Split          Split  `json:"split"`
	MinPay         uint64 `json:"min_pay_uthing"`  // least pay of a round for each node that it asks
	MinBond        uint64 `json:"min_bond_uthing"` // least part of each node's stake that a task holds, so that a fault costs something
	NoReveal       PPM    `json:"no_reveal"`       // part of its bond that a node loses if it commits and does not reveal
	WrongAggregate PPM    `json:"wrong_aggregate"` // part of its bond that an aggregator loses if it reveals a model other than the agreed one
	Equivocation   PPM    `json:"equivocation"`    // part of its bond that a node loses if it signs two statements that contradict each other
}

// Split is how the pay of a round is divided. The four parts add up to 1.
type Split struct {
	Trainers    PPM `json:"trainers"` // shared with the owners of lent rows
	Evaluators  PPM `json:"evaluators"`
	Aggregators PPM `json:"aggregators"`
	Validators  PPM `json:"validators"` // of blocks
}

// MaxSlash is the largest part of a bond that one fault may cost.
const MaxSlash = One / 5

// DefaultTariff is the tariff of a network whose genesis sets no other.
func DefaultTariff() Tariff {
	return Tariff{
		Split:    Split{Trainers: 750_000, Evaluators: 120_000, Aggregators: 80_000, Validators: 50_000},
		MinPay:   Thing / 100,
		MinBond:  Thing / 100,
		NoReveal: 5_000, WrongAggregate: 20_000, Equivocation: 50_000,
	}
}

// Validate reports what is wrong with a tariff.
func (of Tariff) Validate() error {
	parts := uint64(0)
	for _, part := range []PPM{of.Split.Trainers, of.Split.Evaluators, of.Split.Aggregators, of.Split.Validators} {
		parts += uint64(part)
	}
	if parts != uint64(One) {
		return fmt.Errorf("the parts of trainers, evaluators, aggregators and validators add up to %d parts per million: want %d", parts, One)
	}
	if of.MinPay > MaxEscrow/1_000_000 {
		return fmt.Errorf("min_pay of %s: want at most %s, a millionth of the largest supply", Money(of.MinPay), Money(MaxEscrow/1_000_000))
	}
	if of.MinBond > MaxEscrow/1_000_000 {
		return fmt.Errorf("min_bond of %s: want at most %s, a millionth of the largest supply", Money(of.MinBond), Money(MaxEscrow/1_000_000))
	}
	if worst := max(of.NoReveal, of.WrongAggregate, of.Equivocation); worst > MaxSlash {
		return fmt.Errorf("a fault costs %s of a bond: want at most %s", worst, MaxSlash)
	}
	return nil
}

// Pays refuses a task whose rounds pay less than MinPay for each node that they ask.
func (of Tariff) Pays(t TaskSpec) error {
	s := t.Selection
	asked := uint64(s.Asked()) + uint64(s.Aggregators) + uint64(s.Evaluators)
	least := of.MinPay * asked
	if t.PerRound() >= least {
		return nil
	}
	return &FieldError{Field: "escrow", Why: fmt.Sprintf(
		"pays %s per round for %d nodes: want at least %s for each node, so an escrow of at least %d uthing for %d rounds and the reserve of one",
		Money(t.PerRound()), asked, Money(of.MinPay), least*(uint64(t.Target.Rounds)+1), t.Target.Rounds)}
}

// Of is the part p of an amount, rounded down.
func (p PPM) Of(amount uint64) uint64 {
	whole, rest := amount/uint64(One), amount%uint64(One)
	return whole*uint64(p) + rest*uint64(p)/uint64(One)
}

// Bond is the part of a node's stake that a task requires, and holds while the node serves
// it, in uthing.
func (t Task) Bond() uint64 { return max(t.Spec.Selection.MinStake, t.Tariff.MinBond) }
