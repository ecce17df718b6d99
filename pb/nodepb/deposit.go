package nodepb

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/spec"
)

// DepositFromSpec is the wire form of a deposit.
func DepositFromSpec(d spec.Deposit) Deposit {
	out := Deposit{
		State: NodeStateFromSpec(d.State), Stake: d.Stake, Bonded: d.Bonded, Granted: d.Granted,
		Unbondings: d.Unbondings, JailedUntil: d.JailedUntil, Removed: d.Removed,
		Slashing: SlashPeriod{Ends: d.Slashing.Ends, Most: d.Slashing.Most, Taken: d.Slashing.Taken},
	}
	for _, u := range d.Unbonding {
		out.Unbonding = append(out.Unbonding, UnbondingFromSpec(u))
	}
	return out
}

// ToSpec is the deposit in plain types. It refuses a state that does not exist.
func (m *Deposit) ToSpec() (spec.Deposit, error) {
	state, err := m.State.ToSpec()
	if err != nil {
		return spec.Deposit{}, err
	}
	d := spec.Deposit{
		State: state, Stake: m.Stake, Bonded: m.Bonded, Granted: m.Granted,
		Unbondings: m.Unbondings, JailedUntil: m.JailedUntil, Removed: m.Removed,
		Slashing: spec.SlashPeriod{Ends: m.Slashing.Ends, Most: m.Slashing.Most, Taken: m.Slashing.Taken},
	}
	for _, u := range m.Unbonding {
		d.Unbonding = append(d.Unbonding, u.ToSpec())
	}
	return d, nil
}

// UnbondingFromSpec is the wire form of an unbonding.
func UnbondingFromSpec(u spec.Unbonding) Unbonding {
	return Unbonding{Number: u.Number, Amount: u.Amount, Due: u.Due, Since: u.Since}
}

// ToSpec is the unbonding in plain types.
func (m *Unbonding) ToSpec() spec.Unbonding {
	return spec.Unbonding{Number: m.Number, Amount: m.Amount, Due: m.Due, Since: m.Since}
}

// SetRules copies rules into the parameters.
func (m *Params) SetRules(r spec.StakeRules) {
	for _, b := range r.Bounds {
		*m.Stakes.Of(b.Role) = StakeBounds{Min: b.Min, Max: b.Max}
	}
	m.MaxBond = r.MaxBond
	m.UnbondingSeconds, m.JailSeconds = uint64(r.Unbonding/spec.Second), uint64(r.Jail/spec.Second)
	m.MaxSlash = uint32(r.MaxSlash)
}

// Rules returns the rules of deposits in plain types.
func (m *Params) Rules() spec.StakeRules {
	rules := spec.StakeRules{
		MaxBond:   m.MaxBond,
		Unbonding: seconds(m.UnbondingSeconds), Jail: seconds(m.JailSeconds), MaxSlash: spec.PPM(m.MaxSlash),
	}
	for _, role := range spec.Roles() {
		b := m.Stakes.Of(role)
		rules.Bounds = append(rules.Bounds, spec.StakeBounds{Role: role, Min: b.Min, Max: b.Max})
	}
	return rules
}

// MostBond is the largest bond that a task can require of each node: the smallest maximum of
// trainers, aggregators and evaluators.
func (m *Stakes) MostBond() uint64 {
	return min(m.Trainer.Max, m.Aggregator.Max, m.Evaluator.Max)
}

// Of returns a pointer to the bounds of one role.
func (m *Stakes) Of(role spec.Role) *StakeBounds {
	switch role {
	case spec.DataProvider:
		return &m.DataProvider
	case spec.Trainer:
		return &m.Trainer
	case spec.Aggregator:
		return &m.Aggregator
	case spec.Evaluator:
		return &m.Evaluator
	case spec.Consumer:
		return &m.Consumer
	}
	panic(fmt.Sprintf("roles %q: want exactly one", role))
}

// MaxSeconds bounds the times of the parameters: a year. So no vote can lock stakes for ever.
const MaxSeconds = 365 * 24 * 3600

// maxJail is the longest jail, in seconds: 30 days.
const maxJail = 30 * 24 * 3600

func seconds(n uint64) spec.Duration { return spec.Duration(min(n, MaxSeconds)) * spec.Second }

// Validate reports the first parameter that is out of bounds.
func (m *Params) Validate() error {
	for _, role := range spec.Roles() {
		if b := m.Stakes.Of(role); b.Min < 1 || b.Min > b.Max || b.Max > spec.Cap {
			return fmt.Errorf("stakes of role %s: min %s, max %s: want min above 0, max no less than min and at most %s", role, spec.Money(b.Min), spec.Money(b.Max), spec.Money(spec.Cap))
		}
	}
	for _, c := range []struct {
		name     string
		got      uint64
		min, max uint64
	}{
		{"max_bond", m.MaxBond, 0, m.Stakes.MostBond()},
		{"unbonding_seconds", m.UnbondingSeconds, 1, MaxSeconds},
		{"jail_seconds", m.JailSeconds, 0, maxJail},
		{"max_slash", uint64(m.MaxSlash), 1, uint64(spec.MaxSlash)},
	} {
		if c.got < c.min || c.got > c.max {
			return fmt.Errorf("%s is %d: want %d to %d", c.name, c.got, c.min, min(c.max, math.MaxInt64))
		}
	}
	return nil
}
