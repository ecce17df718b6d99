package spec

import "fmt"

// Tariff is what the network says of every task: who is paid which part of a round, and
// what a provable fault costs. It is copied into a task when it is created, so that a
// vote changes later tasks only.
type Tariff struct {
	Split          Split  `json:"split"`
	MinPay         uint64 `json:"min_pay_uthing"`  // what a round pays at least for each node that it asks
	MinBond        uint64 `json:"min_bond_uthing"` // what a task holds at least of each node's stake, so that a fault costs something
	NoReveal       PPM    `json:"no_reveal"`       // part of its bond that a node loses which commits and does not reveal
	WrongAggregate PPM    `json:"wrong_aggregate"` // part of its bond that an aggregator loses which reveals another model
	Equivocation   PPM    `json:"equivocation"`    // part of its bond that a node loses which signs two things that contradict each other
}

// Split is how what a round pays is divided. The four parts are one together.
type Split struct {
	Trainers    PPM `json:"trainers"` // with the owners of the data that they were lent
	Evaluators  PPM `json:"evaluators"`
	Aggregators PPM `json:"aggregators"`
	Validators  PPM `json:"validators"` // of blocks
}

// MaxSlash is the largest part of a bond that one fault may cost.
const MaxSlash = One / 5

// DefaultTariff is that of a network whose genesis names no other.
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
		return fmt.Errorf("trainers, evaluators, aggregators and validators get %d parts per million together: want %d", parts, One)
	}
	if of.MinPay > MaxEscrow/1_000_000 {
		return fmt.Errorf("least pay of %d uthing: want at most %d, a millionth of all there is", of.MinPay, MaxEscrow/1_000_000)
	}
	if of.MinBond > MaxEscrow/1_000_000 {
		return fmt.Errorf("least bond of %d uthing: want at most %d, a millionth of all there is", of.MinBond, MaxEscrow/1_000_000)
	}
	if worst := max(of.NoReveal, of.WrongAggregate, of.Equivocation); worst > MaxSlash {
		return fmt.Errorf("a fault costs %s of a bond: want at most %s", worst, MaxSlash)
	}
	return nil
}

// Pays refuses a task whose rounds pay less for each node that they ask than the tariff
// want.
func (of Tariff) Pays(t TaskSpec) error {
	s := t.Selection
	asked := uint64(s.Asked()) + uint64(s.Aggregators) + uint64(s.Evaluators)
	least := of.MinPay * asked
	if t.PerRound() >= least {
		return nil
	}
	return &FieldError{Field: "escrow", Why: fmt.Sprintf(
		"pays %d uthing a round for %d nodes: want at least %d for each, so %d for %d rounds and one to spare",
		t.PerRound(), asked, of.MinPay, least*(uint64(t.Target.Rounds)+1), t.Target.Rounds)}
}

// Of is a part of an amount, rounded down.
func (p PPM) Of(amount uint64) uint64 {
	whole, rest := amount/uint64(One), amount%uint64(One)
	return whole*uint64(p) + rest*uint64(p)/uint64(One)
}

// Bond is what a task requires of a node's stake, and holds while the node serves it, in
// uthing.
func (t Task) Bond() uint64 { return max(t.Spec.Selection.MinStake, t.Tariff.MinBond) }
