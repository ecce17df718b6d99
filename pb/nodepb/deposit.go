package nodepb

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/spec"
)

// DepositFromSpec is the wire form of a deposit.
func DepositFromSpec(d spec.Deposit) Deposit {
	out := Deposit{
		State: NodeStateFromSpec(d.State), Stake: d.Stake, Bonded: d.Bonded,
		Unbondings: d.Unbondings, JailedUntil: d.JailedUntil,
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
		State: state, Stake: m.Stake, Bonded: m.Bonded,
		Unbondings: m.Unbondings, JailedUntil: m.JailedUntil,
		Slashing: spec.SlashPeriod{Ends: m.Slashing.Ends, Most: m.Slashing.Most, Taken: m.Slashing.Taken},
	}
	for _, u := range m.Unbonding {
		d.Unbonding = append(d.Unbonding, u.ToSpec())
	}
	return d, nil
}

// UnbondingFromSpec is the wire form of an unbonding.
func UnbondingFromSpec(u spec.Unbonding) Unbonding {
	return Unbonding{Number: u.Number, Amount: u.Amount, Due: u.Due}
}

// ToSpec is the unbonding in plain types.
func (m *Unbonding) ToSpec() spec.Unbonding {
	return spec.Unbonding{Number: m.Number, Amount: m.Amount, Due: m.Due}
}

// SetRules makes some rules the parameters'.
func (m *Params) SetRules(r spec.StakeRules) {
	m.MinStake, m.MaxStake, m.MaxBond = r.MinStake, r.MaxStake, r.MaxBond
	m.UnbondingSeconds, m.JailSeconds = uint64(r.Unbonding/spec.Second), uint64(r.Jail/spec.Second)
	m.MaxSlash = uint32(r.MaxSlash)
}

// Rules are the rules for deposits in plain types.
func (m *Params) Rules() spec.StakeRules {
	return spec.StakeRules{
		MinStake: m.MinStake, MaxStake: m.MaxStake, MaxBond: m.MaxBond,
		Unbonding: seconds(m.UnbondingSeconds), Jail: seconds(m.JailSeconds), MaxSlash: spec.PPM(m.MaxSlash),
	}
}

// MaxSeconds is the longest that a parameter may last: a hundred years.
const MaxSeconds = 100 * 365 * 24 * 3600

func seconds(n uint64) spec.Duration { return spec.Duration(min(n, MaxSeconds)) * spec.Second }

// Validate reports the first parameter that is out of bounds.
func (m *Params) Validate() error {
	for _, c := range []struct {
		name     string
		got      uint64
		min, max uint64
	}{
		{"min_stake", m.MinStake, 1, m.MaxStake},
		{"max_stake", m.MaxStake, 1, spec.Cap},
		{"max_bond", m.MaxBond, 0, m.MaxStake},
		{"unbonding_seconds", m.UnbondingSeconds, 1, MaxSeconds},
		{"timelock_seconds", m.TimelockSeconds, 0, MaxSeconds},
		{"jail_seconds", m.JailSeconds, 0, MaxSeconds},
		{"max_slash", uint64(m.MaxSlash), 0, uint64(spec.One)},
	} {
		if c.got < c.min || c.got > c.max {
			return fmt.Errorf("%s is %d: want %d to %d", c.name, c.got, c.min, min(c.max, math.MaxInt64))
		}
	}
	return nil
}
