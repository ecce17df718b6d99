package main

import (
	"fmt"
	"sort"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// mode is a way to train: everything in a task but the noise.
type mode struct {
	name     string
	trainers int
	ask      func(t *spec.TaskSpec, rows int) // rows: of all trainers together
}

const (
	manyRows     = 10_000 // with more rows, noise is relatively smaller, so more and larger steps are possible
	manyTrainers = 1000   // of groups in which whole data sets are protected
	tooFew       = 100    // with fewer trainers the server takes smaller steps, because of the noise
)

// fewModes are the modes with ten trainers. The last two show that ten trainers are not
// enough to protect whole data sets.
func fewModes() []mode {
	const few = 10
	return []mode{
		{"none", few, func(t *spec.TaskSpec, _ int) {
			t.Target.Rounds = 30
			t.Training.Epochs, t.Training.Rate = 5, 300_000
		}},
		{"example", few, example},
		{"central, rows, gaussian", few, func(t *spec.TaskSpec, rows int) {
			shared(t, spec.KindGaussian, spec.UnitExample, 30, 2*spec.One, rows)
			t.Aggregation.Rate, t.Aggregation.Momentum = 600_000, 900_000
			if rows > manyRows {
				t.Target.Rounds, t.Privacy.Clip, t.Aggregation.ScaleBits = 60, spec.One, 9
				t.Aggregation.Rate = 2_500_000
			}
		}},
		{"central, rows, laplace", few, func(t *spec.TaskSpec, rows int) {
			shared(t, spec.KindLaplace, spec.UnitExample, 8, 8*spec.One, rows)
			t.Aggregation.Rate, t.Aggregation.Momentum = 8_600_000, 500_000
			if rows > manyRows {
				t.Aggregation.Rate = 16 * spec.One
			}
		}},
		{"central, clients", few, func(t *spec.TaskSpec, _ int) { clients(t, few) }},
		{"local", few, func(t *spec.TaskSpec, _ int) { local(t, few) }},
	}
}

// clientModes are the modes with 1000 trainers, in which whole data sets are protected.
func clientModes() []mode {
	return []mode{
		{"none, 1,000 trainers", manyTrainers, func(t *spec.TaskSpec, _ int) {
			t.Target.Rounds = 20
			t.Aggregation = spec.Aggregation{Rule: spec.RuleMean, ScaleBits: 16, Optimiser: spec.ServerFedAvgM, Rate: 2_730_000, Momentum: 900_000}
			steps(t, 5, 300_000)
		}},
		{"central, clients, 1,000 trainers", manyTrainers, func(t *spec.TaskSpec, _ int) { clients(t, manyTrainers) }},
		{"local, 1,000 trainers", manyTrainers, func(t *spec.TaskSpec, _ int) { local(t, manyTrainers) }},
	}
}

func example(t *spec.TaskSpec, rows int) {
	t.Target.Rounds = 20
	t.Privacy = spec.Privacy{Mode: spec.PrivacyExample, Kind: spec.KindGaussian, Clip: spec.One, Rate: spec.One / 2, Steps: 4, Divisor: uint32(rows) / 20}
	t.Training.Epochs, t.Training.Rate = 1, 2_500_000
	if rows > manyRows {
		t.Privacy.Rate, t.Privacy.Steps, t.Privacy.Divisor = spec.One/10, 20, uint32(rows)/100
		t.Training.Rate = spec.One
	}
	t.Aggregation = spec.Aggregation{Rule: spec.RuleMean, ScaleBits: 16, Optimiser: spec.ServerFedAvgM, Rate: spec.One, Momentum: spec.One / 2}
}

// shared sets the mode central, except for the server's rate.
func shared(t *spec.TaskSpec, kind, unit string, rounds uint32, clip spec.PPM, divisor int) {
	t.Target.Rounds = rounds
	t.Aggregation = spec.Aggregation{Rule: spec.RuleMean, ScaleBits: 8, Optimiser: spec.ServerFedAvgM}
	t.Privacy = spec.Privacy{Mode: spec.PrivacyCentral, Kind: kind, Clip: clip, Divisor: uint32(divisor), Unit: unit, Corrupt: 1}
	t.Audit = spec.AuditAggregators
}

func clients(t *spec.TaskSpec, trainers int) {
	shared(t, spec.KindGaussian, spec.UnitClient, 20, spec.One/2, trainers)
	t.Aggregation.ScaleBits, t.Aggregation.Rate, t.Aggregation.Momentum = 12, 2_730_000, 900_000
	steps(t, 5, 300_000)
	if trainers < tooFew {
		t.Aggregation.Rate = 300_000
	}
}

func local(t *spec.TaskSpec, trainers int) {
	t.Target.Rounds = 10
	// The momentum is the smallest possible, so this is the mean, times a rate.
	t.Aggregation = spec.Aggregation{Rule: spec.RuleMean, ScaleBits: 16, Optimiser: spec.ServerFedAvgM, Rate: 2_720_000, Momentum: 1}
	t.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindGaussian, Clip: spec.One}
	t.Audit = spec.AuditMembers
	steps(t, 10, spec.One)
	if trainers < tooFew {
		t.Aggregation.Rate = spec.One
		t.Privacy.Clip = spec.One / 10
	}
}

// steps sets the steps of a trainer per round. Each step uses all of its rows.
func steps(t *spec.TaskSpec, n uint32, rate spec.PPM) {
	t.Training.Batch, t.Training.Epochs, t.Training.Rate = 1024, n, rate
}

// task is the task of a mode over some rows, with the least noise for which all its rounds
// fit an epsilon, per unit, as the ledger counts it.
func (m mode) task(f federation, epsilon float64, seed uint64) (spec.TaskSpec, cost.Limit, error) {
	t := sim.DigitsTask(1)
	t.Data.Name, t.Model.Inputs, t.Model.Seed, t.Overlap = f.name, f.features, seed, false
	t.Selection.Trainers, t.Selection.MinTrainers = uint32(m.trainers), uint32(m.trainers)
	rows := 0
	for _, own := range f.trainers {
		rows += own.Rows()
	}
	m.ask(&t, rows)
	t.Escrow = 10 * spec.Thing * (uint64(t.Target.Rounds) + 1)
	if !t.Private() {
		return t, cost.Limit{}, t.Validate()
	}
	limit := cost.Limit{Adjacency: cost.AddRemove, Epsilon: cost.Epsilon(epsilon * float64(cost.OneEpsilon)), Delta: cost.OneDelta / 100_000}
	for { // if the noise is too large for the integers, halve the clip
		err := calibrate(&t, &limit)
		if err == nil || t.Privacy.Clip < spec.One/100 {
			return t, limit, err
		}
		t.Privacy.Clip /= 2
	}
}

// calibrate sets the least noise of a task for which all its rounds fit into a limit.
func calibrate(t *spec.TaskSpec, limit *cost.Limit) error {
	fits := func(noise int) bool {
		t.Privacy.Noise = spec.PPM(noise)
		release, err := terms.Release(*t)
		if err != nil {
			return false
		}
		if limit.Unit = release.Unit; limit.Unit == cost.Client {
			limit.Adjacency = cost.ZeroOut
		}
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
	noise := sort.Search(maxNoise, fits)
	if noise == maxNoise {
		return fmt.Errorf("epsilon %s: no noise is large enough for %d rounds", limit.Epsilon, t.Target.Rounds)
	}
	if !fits(noise) {
		return fmt.Errorf("epsilon %s: noise %d does not fit", limit.Epsilon, noise)
	}
	return t.Validate()
}

// public reports whether the mode has no noise.
func (m mode) public() bool {
	t := sim.DigitsTask(1)
	m.ask(&t, 1)
	return !t.Private()
}
