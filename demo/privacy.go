package demo

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// Privacy is what the task promises to the owners of rows.
type Privacy struct {
	Mode      string // empty or none: nothing is promised
	Mechanism string // kind of noise
	Epsilon   string // budget of each owner, which the task spends
}

// on reports whether the task is private.
func (p Privacy) on() bool { return p.Mode != "" && p.Mode != spec.PrivacyNone }

// budget is what the home of a trainer allows to be spent on its rows; nil where the task is
// not private.
func (p Privacy) budget(t spec.TaskSpec) *daemon.Budget {
	if !p.on() {
		return nil
	}
	b := &daemon.Budget{Epsilon: p.Epsilon}
	if release, err := terms.Release(t); err == nil {
		b.Unit = release.Unit
	}
	return b
}

// applyPrivacy makes a task private: with settings that suit its mode, and with the least
// noise for which the budget pays for all rounds. The task keeps a target only where the user
// gave one: the noise is to be seen.
func (n Network) applyPrivacy(t *spec.TaskSpec) error {
	p := n.Privacy
	if !p.on() {
		for _, flag := range []string{"epsilon", "mechanism"} {
			if n.given(flag) {
				return fmt.Errorf("--%s is for private tasks: add --privacy %s", flag, spec.PrivacyLocal)
			}
		}
		return nil
	}
	if !slices.ContainsFunc(spec.PrivacyKinds(), func(w spec.Word) bool { return w.Name == p.Mechanism }) {
		return fmt.Errorf("--mechanism %q: want %s", p.Mechanism, spec.ChoiceOf(spec.PrivacyKinds()))
	}
	t.Privacy.Mode, t.Privacy.Kind = p.Mode, p.Mechanism
	t.Aggregation.Rule, t.Overlap, t.Audit = spec.RuleMean, false, spec.AuditMembers
	if !n.given("target") {
		t.Target.Accuracy = 0
	}
	defaultRounds := func(rounds uint32) {
		if !n.given("rounds") {
			t.Target.Rounds = rounds
		}
	}
	switch p.Mode {
	case spec.PrivacyLocal:
		defaultRounds(10)
		t.Privacy.Clip = spec.One / 10
	case spec.PrivacyExample:
		defaultRounds(20)
		t.Privacy.Clip, t.Privacy.Rate, t.Privacy.Steps, t.Privacy.Divisor = spec.One, spec.One/2, 4, 60
		t.Training.Epochs, t.Training.Rate = 1, 2_500_000
		t.Aggregation.Optimiser, t.Aggregation.Rate, t.Aggregation.Momentum = spec.ServerFedAvgM, spec.One, spec.One/2
	case spec.PrivacyCentral:
		t.Audit, t.Aggregation.ScaleBits = spec.AuditAggregators, 8
		t.Selection.MinTrainers = t.Selection.Trainers // fewer shares are less noise
		t.Privacy.Unit, t.Privacy.Corrupt, t.Privacy.Divisor = spec.UnitExample, 1, 120*t.Selection.Trainers
		t.Aggregation.Optimiser, t.Aggregation.Rate, t.Aggregation.Momentum = spec.ServerFedAvgM, 600_000, 900_000
		t.Training.Schedule = spec.Schedule{} // trainers send gradients, and have no learning rate
		t.Privacy.Clip = 2 * spec.One
		if defaultRounds(30); p.Mechanism == spec.KindLaplace {
			defaultRounds(8)
			t.Privacy.Clip, t.Aggregation.Rate, t.Aggregation.Momentum = 8*spec.One, 8_600_000, spec.One/2
		}
	default:
		return fmt.Errorf("--privacy %q: want %s", p.Mode, spec.ChoiceOf(spec.PrivacyModes()))
	}
	limit, err := p.budget(*t).Limit()
	if err != nil {
		return fmt.Errorf("--epsilon: %w", err)
	}
	for {
		err := calibrate(t, limit)
		field, isField := errors.AsType[*spec.FieldError](err)
		if !isField || field.Field != "privacy.noise" || t.Privacy.Mode != spec.PrivacyCentral || t.Privacy.Clip < spec.One/16 {
			return err
		}
		t.Privacy.Clip /= 2 // and with it the noise, for which the table of its shares has a bound
	}
}

// calibrate sets the least noise with which all rounds of a private task fit into a limit, as
// the ledger counts them.
func calibrate(t *spec.TaskSpec, limit cost.Limit) error {
	fits := func(noise uint32) bool {
		t.Privacy.Noise = spec.PPM(noise)
		release, err := terms.Release(*t)
		if err != nil {
			return false
		}
		limit.Unit = release.Unit
		each, err := limit.Cost(release)
		if err != nil {
			return false
		}
		all, err := each.Times(uint64(t.Target.Rounds))
		if err != nil {
			return false
		}
		_, fits := limit.Left(all)
		return fits
	}
	const maxNoise = 4_000_000_000 // 4,000 times the clip
	noise := uint32(sort.Search(maxNoise, func(i int) bool { return fits(uint32(i)) }))
	if t.Privacy.Noise = spec.PPM(noise); noise == maxNoise {
		return fmt.Errorf("--epsilon %s: even the largest noise spends more than that in %d rounds: want a larger epsilon, or fewer --rounds", limit.Epsilon, t.Target.Rounds)
	}
	return t.Validate()
}
