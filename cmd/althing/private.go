package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/spf13/pflag"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
)

// guarding is what a network on one machine promises to those who own its rows.
type guarding struct {
	mode, kind, epsilon string
	flags               *pflag.FlagSet
}

func (g *guarding) add(f *pflag.FlagSet) {
	g.flags = f
	f.StringVar(&g.mode, "privacy", spec.PrivacyNone, "what the task promises to owners of rows: "+choice(spec.PrivacyModes()))
	f.StringVar(&g.epsilon, "epsilon", "8", "how much privacy each owner lets be lost, with --privacy; the task spends all of it")
	f.StringVar(&g.kind, "mechanism", spec.KindGaussian, "the noise, with --privacy: "+choice(spec.PrivacyKinds()))
}

// choice lists words for a help text.
func choice(words []spec.Word) string { return spec.FieldWords{Words: words}.String() }

func (g guarding) private() bool { return g.mode != "" && g.mode != spec.PrivacyNone }

// given reports whether the command line has the flag; one that was never read has none.
func (g guarding) given(flag string) bool { return g.flags != nil && g.flags.Changed(flag) }

// budget is what each trainer's home folder says of its rows.
func (g guarding) budget(t spec.TaskSpec) *daemon.Budget {
	if !g.private() {
		return nil
	}
	b := &daemon.Budget{Epsilon: g.epsilon}
	if release, err := terms.Release(t); err == nil {
		b.Unit = release.Unit
	}
	return b
}

// apply makes a task private, with settings that suit its mode, and as little noise as the
// budget allows for all its rounds. A target that nobody asked for is not kept: noise is
// there to be seen.
func (g guarding) apply(t *spec.TaskSpec) error {
	if !g.private() {
		if g.given("epsilon") || g.given("mechanism") {
			return fmt.Errorf("--epsilon and --mechanism are of a private task: want --privacy %s", spec.PrivacyLocal)
		}
		return nil
	}
	if !slices.ContainsFunc(spec.PrivacyKinds(), func(w spec.Word) bool { return w.Name == g.kind }) {
		return fmt.Errorf("--mechanism %q: want %s", g.kind, choice(spec.PrivacyKinds()))
	}
	t.Privacy.Mode, t.Privacy.Kind = g.mode, g.kind
	t.Aggregation.Rule, t.Overlap, t.Audit = spec.RuleMean, false, spec.AuditMembers
	if !g.given("target") {
		t.Target.Accuracy = 0
	}
	rounds := func(n uint32) {
		if !g.given("rounds") {
			t.Target.Rounds = n
		}
	}
	switch g.mode {
	case spec.PrivacyLocal:
		rounds(10)
		t.Privacy.Clip = spec.One / 10
	case spec.PrivacyExample:
		rounds(20)
		t.Privacy.Clip, t.Privacy.Rate, t.Privacy.Steps, t.Privacy.Divisor = spec.One, spec.One/2, 4, 60
		t.Training.Epochs, t.Training.Rate = 1, 2_500_000
		t.Aggregation.Optimiser, t.Aggregation.Rate, t.Aggregation.Momentum = spec.ServerFedAvgM, spec.One, spec.One/2
	case spec.PrivacyCentral:
		t.Audit, t.Aggregation.ScaleBits = spec.AuditAggregators, 8
		t.Selection.MinTrainers = t.Selection.Trainers // fewer shares are less noise
		t.Privacy.Unit, t.Privacy.Corrupt, t.Privacy.Divisor = spec.UnitExample, 1, 120*t.Selection.Trainers
		t.Aggregation.Optimiser, t.Aggregation.Rate, t.Aggregation.Momentum = spec.ServerFedAvgM, 600_000, 900_000
		t.Training.Schedule = spec.Schedule{} // trainers give gradients, and have no rate
		t.Privacy.Clip = 2 * spec.One
		if rounds(30); g.kind == spec.KindLaplace {
			rounds(8)
			t.Privacy.Clip, t.Aggregation.Rate, t.Aggregation.Momentum = 8*spec.One, 8_600_000, spec.One/2
		}
	default:
		return fmt.Errorf("--privacy %q: want %s", g.mode, choice(spec.PrivacyModes()))
	}
	limit, err := g.budget(*t).Limit()
	if err != nil {
		return fmt.Errorf("--epsilon: %w", err)
	}
	for {
		err := calibrate(t, limit)
		field, wide := errors.AsType[*spec.FieldError](err)
		if !wide || field.Field != "privacy.noise" || t.Privacy.Mode != spec.PrivacyCentral || t.Privacy.Clip < spec.One/16 {
			return err
		}
		t.Privacy.Clip /= 2 // and the noise with it: a table of its shares ends somewhere
	}
}

// calibrate sets the least noise of a private task for which all its rounds fit into a
// limit, as the ledger counts them.
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
	const most = 4_000_000_000 // 4,000 times the clip
	noise := uint32(sort.Search(most, func(i int) bool { return fits(uint32(i)) }))
	if t.Privacy.Noise = spec.PPM(noise); noise == most {
		return fmt.Errorf("--epsilon %s: no noise is large enough for %d rounds: want more of it, or fewer --rounds", limit.Epsilon, t.Target.Rounds)
	}
	return t.Validate()
}

// promised is what the ledger of the chain says of a private task, as a summary has it.
type promised struct {
	Epsilon      float64 `json:"epsilon"` // that the first trainer's book has spent, as the ledger counts it
	Delta        float64 `json:"delta"`
	Mechanism    string  `json:"mechanism"`
	Unit         string  `json:"unit"`
	Adjacency    string  `json:"adjacency"`
	HoldsAgainst string  `json:"holds_against"`
	limit        cost.Limit
}

// spentBy reads what the book of the first trainer of a round has spent; nil where the task
// is not private.
func spentBy(ctx context.Context, c *client.Client, t spec.TaskSpec, r spec.Round) (*promised, error) {
	if !t.Private() || len(r.Trainers) == 0 {
		return nil, nil
	}
	b, err := c.Book(ctx, r.Trainers[0].Dataset)
	if err != nil {
		return nil, err
	}
	p := &promised{
		Delta: float64(b.Limit.Delta) / float64(cost.OneDelta), Mechanism: t.Privacy.Kind,
		Unit: b.Limit.Unit.String(), Adjacency: b.Limit.Adjacency.String(), HoldsAgainst: terms.Against(t), limit: b.Limit,
	}
	epsilon, _, err := b.Spent.At(b.Limit.Delta)
	p.Epsilon = float64(epsilon) / float64(cost.OneNano)
	return p, err
}

// String is the promise for people.
func (p promised) String() string {
	words := fmt.Sprintf("epsilon %.3f of %s is spent at delta %s: %s noise, for each %s (%s), against %s",
		p.Epsilon, p.limit.Epsilon, p.limit.Delta, p.Mechanism, p.Unit, p.Adjacency, p.HoldsAgainst)
	if p.limit.Epsilon > cost.Meaningless {
		words += ": no meaningful privacy"
	}
	return words
}

// bar draws how much of the budget is spent.
func (p promised) bar() string {
	const milli = 1000
	limit := float64(p.limit.Epsilon) / float64(cost.OneEpsilon)
	return fmt.Sprintf("budget  %s epsilon %.2f of %s", bar(int(min(p.Epsilon, limit)*milli), int(limit*milli)), p.Epsilon, p.limit.Epsilon)
}
