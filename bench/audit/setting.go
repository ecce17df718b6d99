package main

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/privacy/audit/audittest"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// setting is a mode and kind of noise with its canaries. Each run claims epsilon 1. A canary
// is what the mode protects: one row, or all rows of a trainer.
type setting struct {
	mode, unit, kind string
	trainers         int // per round
	canaries         int // per run
	runs             int // each with new coins
	guesses          int // per run
}

// settings lists all measured settings.
func settings() []setting {
	const example, client = spec.UnitExample, spec.UnitClient
	return []setting{
		{spec.PrivacyExample, example, spec.KindGaussian, 1, 5000, 3, 500},
		{spec.PrivacyExample, example, spec.KindLaplace, 1, 2000, 1, 1200},
		{spec.PrivacyLocal, client, spec.KindGaussian, 1000, 1000, 8, 200},
		{spec.PrivacyLocal, client, spec.KindLaplace, 1000, 1000, 2, 600},
		{spec.PrivacyCentral, client, spec.KindGaussian, 1000, 1000, 8, 200},
		{spec.PrivacyCentral, client, spec.KindLaplace, 1000, 1000, 2, 600},
		{spec.PrivacyCentral, example, spec.KindGaussian, 10, 5000, 3, 500},
		{spec.PrivacyCentral, example, spec.KindLaplace, 10, 2000, 1, 1200},
	}
}

func (s setting) String() string { return fmt.Sprintf("%s %s %s", s.mode, s.unit, s.kind) }

// separate reports whether each trainer's update is a release of its own with one canary.
// Then a trainer needs few columns, and the releases are concatenated.
func (s setting) separate() bool { return s.mode == spec.PrivacyLocal }

// columns is the number of columns of the rows.
func (s setting) columns() int {
	if s.separate() {
		return 4
	}
	return s.canaries
}

// task is a task of one round that claims epsilon 1. Model 0 is 0 and the rate is 1, so an
// update is the negated release, in quanta.
func (s setting) task() spec.TaskSpec {
	t := sim.DigitsTask(1)
	t.Escrow *= 100 // there are many trainers to pay
	t.Name = "canaries"
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: uint32(s.columns()), Classes: 2}
	t.Training = spec.Training{Optimiser: spec.OptimiserSGD, Batch: 32, Epochs: 1, Rate: spec.One, Arithmetic: spec.ArithmeticStrict}
	t.Aggregation = spec.Aggregation{Rule: spec.RuleMean, ScaleBits: 8, Optimiser: spec.ServerFedAvgM, Rate: spec.One, Momentum: spec.One / 2}
	t.Privacy = spec.Privacy{Mode: s.mode, Kind: s.kind, Clip: spec.One, Noise: 3_730_632}
	if s.kind == spec.KindLaplace {
		t.Privacy.Noise = spec.One
	}
	switch s.mode {
	case spec.PrivacyExample:
		t.Privacy.Rate, t.Privacy.Steps, t.Privacy.Divisor = spec.One, 1, 1
		t.Aggregation.ScaleBits = t.Privacy.Bits(0)
	case spec.PrivacyCentral:
		t.Privacy.Unit, t.Privacy.Divisor, t.Privacy.Corrupt = s.unit, 1, 1
		t.Audit = spec.AuditAggregators
	}
	t.Selection.Trainers, t.Selection.MinTrainers = uint32(s.trainers), uint32(s.trainers)
	t.Selection.Aggregators, t.Selection.Evaluators = 1, 1
	t.Overlap, t.Retries = false, 0
	return t
}

// card is what a task states about its noise.
type card struct {
	release   cost.Release
	bound     privacy.Bound
	each      *privacy.Table // law of one trainer's noise
	whole     *privacy.Table // law of the noise of a sum; nil if the sum has none
	gradients []audit.Gradient
	chance    func([]audit.Guesses) (float64, error) // probability of the guesses of all runs if the card is true
}

// card is derived from the release that the books are charged for.
func (s setting) card() (c card, err error) {
	task := s.task()
	if c.release, err = terms.Release(task); err != nil {
		return c, err
	}
	c.bound = privacy.Bound{Norm: privacy.L2, Limit: c.release.Norm.L2Squared}
	clip, sigma := math.Sqrt(float64(c.release.Norm.L2Squared)), 0.0
	c.chance = func(runs []audit.Guesses) (float64, error) {
		var chances []float64
		for _, g := range runs {
			p, err := audit.OneRun(g, audit.GDP{Mu: clip / sigma})
			if err != nil {
				return 0, err
			}
			chances = append(chances, p)
		}
		return audit.Fisher(chances)
	}
	var each, whole privacy.Law
	switch n := c.release.Noise.(type) {
	case cost.Gaussian:
		sigma = float64(n.Sigma.Num) / float64(n.Sigma.Den)
		each = privacy.RoundedGaussian{Sigma: privacy.Ratio(n.Sigma)}
		whole = each
	case cost.Skellam:
		sigma = math.Sqrt(float64(n.Variance.Num)) // of a Gaussian with the same variance
		each = privacy.Skellam{Variance: n.Variance.Num, Shares: task.NoiseShares()}
		whole = privacy.Skellam{Variance: n.Variance.Num * uint64(s.trainers), Shares: task.NoiseShares()}
	case cost.Laplace:
		claim := audit.Approximate{Epsilon: float64(c.release.Norm.L1) * float64(n.Rate.Num) / float64(n.Rate.Den)}
		c.bound = privacy.Bound{Norm: privacy.L1, Limit: c.release.Norm.L1}
		c.chance = func(runs []audit.Guesses) (float64, error) { // all runs count as one run, because they share no coins
			var all audit.Guesses
			for _, g := range runs {
				all.Canaries, all.Made, all.Right = all.Canaries+g.Canaries, all.Made+g.Made, all.Right+g.Right
			}
			return audit.Steinke(all, claim)
		}
		each = privacy.DiscreteLaplace{A: privacy.Ratio(n.Rate)}
		whole = each
		if s.mode == spec.PrivacyCentral { // there is no table for a sum of more shares than one law needs
			each, whole = privacy.Polya{A: privacy.Ratio(n.Rate), Shares: task.NoiseShares()}, nil
		}
	}
	if c.each, err = privacy.NewTable(each); err != nil {
		return c, err
	}
	if whole != nil {
		if c.whole, err = privacy.NewTable(whole); err != nil {
			return c, err
		}
	}
	c.gradients, err = audittest.Gradients(s.canaries, c.bound, uint(task.Privacy.Bits(task.Aggregation.ScaleBits)))
	return c, err
}
