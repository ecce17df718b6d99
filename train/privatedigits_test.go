package train_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

var _ train.Private = (*privacy.SampledSum)(nil)

// streamOf is a stream with a seed of these numbers, for noise that can be repeated.
func streamOf(t *testing.T, numbers ...uint64) *privacy.Stream {
	t.Helper()
	seed := make([]byte, 32)
	for i, n := range numbers {
		binary.LittleEndian.PutUint64(seed[8*i:], n)
	}
	s, err := privacy.NewStream(bytes.NewReader(seed))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// federation simulates one or ten trainers with the digits, without a chain and without
// updates on a network.
type federation struct {
	model    spec.Model
	shards   []data.Table
	holdout  data.Table
	training spec.Training
}

func newFederation(t *testing.T, trainers int, n uint64) federation {
	t.Helper()
	all, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	rows, holdout, err := data.Holdout(data.Shuffle(all, n), 200_000, n)
	if err != nil {
		t.Fatal(err)
	}
	shards, err := data.Shards(rows, trainers)
	if err != nil {
		t.Fatal(err)
	}
	return federation{
		model:    spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10, Seed: n},
		shards:   shards,
		holdout:  holdout,
		training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 64, Epochs: 1, Rate: 1},
	}
}

func (f federation) start(t *testing.T) []float32 {
	t.Helper()
	w, err := model.Init(f.model)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (f federation) accuracy(t *testing.T, weights []float32) float64 {
	t.Helper()
	e, err := train.Engine{}.Evaluate(context.Background(), f.model, weights, f.holdout)
	if err != nil {
		t.Fatal(err)
	}
	return float64(e.Accuracy()) / 1e6
}

// decayed is a rate that falls linearly to a fifth in the last round.
func decayed(rate float64, round, rounds int) float64 {
	return rate * (1 - 0.8*float64(round)/float64(rounds-1))
}

// epsilon is the cost of a number of releases at delta 1e-5, under add-remove of one row.
func epsilon(t *testing.T, release cost.Release, err error, releases uint64) float64 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	limit := cost.Limit{Unit: cost.Example, Adjacency: cost.AddRemove, Epsilon: cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	each, err := limit.Cost(release)
	if err != nil {
		t.Fatal(err)
	}
	all, err := each.Times(releases)
	if err != nil {
		t.Fatal(err)
	}
	nano, _, err := all.At(limit.Delta)
	if err != nil {
		t.Fatal(err)
	}
	return float64(nano) / 1e9
}

// samplerOf is the sampler of a law.
func samplerOf(t *testing.T, l privacy.Law) privacy.Sampler {
	t.Helper()
	s, err := privacy.NewSampler(l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// examples is a plan for the gradients of a softmax model, with a bound in quanta; a 1 is
// 2^bits quanta. Rounding is far finer than the noise, and the tables are small.
func examples(bits uint, norm privacy.Norm, bound uint64, noise privacy.Law) privacy.Examples {
	e := privacy.Examples{Values: 65 * 10, Bits: bits, Rows: 10_000, Noise: noise, Bound: privacy.Bound{Norm: norm, Limit: bound}}
	if norm == privacy.L2 {
		e.Bound.Limit *= bound
	}
	return e
}

// checkAccuracy checks that the median accuracy is at least minAccuracy and epsilon at most maxEpsilon.
func checkAccuracy(t *testing.T, accuracies []float64, epsilon, maxEpsilon, minAccuracy float64) {
	t.Helper()
	slices.Sort(accuracies)
	median := accuracies[len(accuracies)/2]
	t.Logf("epsilon %.2f: accuracy %.3f (%.3f to %.3f)", epsilon, median, accuracies[0], accuracies[len(accuracies)-1])
	if epsilon > maxEpsilon || median < minAccuracy {
		t.Errorf("median accuracy %.3f at epsilon %.2f, want at least %.2f at epsilon %.0f or less", median, epsilon, minAccuracy, maxEpsilon)
	}
}

// Each of ten trainers runs DP-SGD, and the test averages their models: each step is private
// against everybody.
func TestExampleModeLearnsDigits(t *testing.T) {
	const rounds, steps, trainers = 20, 10, 10
	p := privacy.Sampled{ // the bound is 1
		Examples: examples(9, privacy.L2, 512, privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: 1032, Den: 1}}),
		Rate:     200_000, Divisor: 32,
	}
	release, err := p.Release()
	noise := samplerOf(t, p.Noise)
	epsilon := epsilon(t, release, err, rounds*steps)
	var accuracies []float64
	for n := range uint64(5) {
		f := newFederation(t, trainers, n)
		global := f.start(t)
		velocity := make([]float64, len(global))
		var private []*privacy.SampledSum
		for i := range trainers {
			sum, err := p.Begin(noise, streamOf(t, n, uint64(i)))
			if err != nil {
				t.Fatal(err)
			}
			private = append(private, sum)
		}
		for round := range rounds {
			for i := range velocity {
				velocity[i] *= 0.5
			}
			training := f.training
			training.Rate = spec.PPM(1e6 * decayed(1.41, round, rounds))
			for i, shard := range f.shards {
				result, err := train.Engine{}.Train(context.Background(), train.Job{Model: f.model, Training: training, Weights: global, Table: shard, Private: private[i], Steps: steps}, nil)
				if err != nil {
					t.Fatal(err)
				}
				for j, w := range result.Weights {
					velocity[j] += float64(w-global[j]) / trainers
				}
			}
			for i, v := range velocity {
				global[i] += float32(v)
			}
		}
		accuracies = append(accuracies, f.accuracy(t, global))
	}
	checkAccuracy(t, accuracies, epsilon, 8, 0.88)
}

// oneTrainer trains 100 steps on all rows of one trainer. It returns the accuracies of several
// seeds, and epsilon.
func oneTrainer(t *testing.T, sigma, seeds uint64) (accuracies []float64, cost float64) {
	t.Helper()
	const steps = 100
	p := privacy.Sampled{ // the bound is a half
		Examples: examples(9, privacy.L2, 256, privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: sigma, Den: 1}}),
		Rate:     1_000_000, Divisor: 1600,
	}
	release, err := p.Release()
	cost = epsilon(t, release, err, steps)
	noise := samplerOf(t, p.Noise)
	for n := range seeds {
		f := newFederation(t, 1, n)
		private, err := p.Begin(noise, streamOf(t, n))
		if err != nil {
			t.Fatal(err)
		}
		f.training.Optimiser, f.training.Momentum, f.training.Rate = spec.OptimiserAdam, 900_000, 65_000
		job := train.Job{Model: f.model, Training: f.training, Weights: f.start(t), Table: f.shards[0], Private: private, Steps: steps}
		result, err := train.Engine{}.Train(context.Background(), job, nil)
		if err != nil {
			t.Fatal(err)
		}
		accuracies = append(accuracies, f.accuracy(t, result.Weights))
	}
	return accuracies, cost
}

func TestExampleModeLearnsDigitsOfOneTrainer(t *testing.T) {
	accuracies, epsilon := oneTrainer(t, 1634, 5)
	checkAccuracy(t, accuracies, epsilon, 8, 0.92)
}

// At epsilon 0.1 the noise is so large that the model learns little, and so wide that no table
// can draw it.
func TestExampleModeWithMuchNoiseLearnsLittle(t *testing.T) {
	accuracies, epsilon := oneTrainer(t, 90_000, 1)
	if t.Logf("epsilon %.3f: accuracy %.3f", epsilon, accuracies[0]); epsilon > 0.1 || accuracies[0] > 0.6 {
		t.Errorf("accuracy %.3f at epsilon %.3f, want at most 0.6 at 0.1", accuracies[0], epsilon)
	}
}

// Ten trainers sum the gradients of all their rows; each adds a share of the noise, which is
// complete with nine shares. With Laplace noise the model is the mean of the last iterates.
func TestCentralModeLearnsDigits(t *testing.T) {
	const trainers = 10
	type server func(weights []float32, gradient []float64)
	for name, c := range map[string]struct {
		rounds int
		plan   privacy.Examples
		server func(size int) server
		mean   int // number of the last iterates in the mean
		least  float64
	}{
		"gaussian": { // the bound is 2
			rounds: 30, plan: examples(9, privacy.L2, 1024, privacy.Skellam{Variance: 3580 * 3580, Shares: 9}), mean: 1, least: 0.89,
			server: func(size int) server { return heavyBall(size, 0.6, 0.9) },
		},
		"gaussian, 100 rounds": { // the bound is a half
			rounds: 100, plan: examples(11, privacy.L2, 1024, privacy.Skellam{Variance: 6536 * 6536, Shares: 9}), mean: 1, least: 0.92,
			server: func(size int) server { return adamOf(size, 0.065) },
		},
		"laplace": { // the bound is 16
			rounds: 8, plan: examples(6, privacy.L1, 1024, privacy.Polya{A: privacy.Ratio{Num: 1, Den: 1024}, Shares: 9}), mean: 2, least: 0.8,
			server: func(size int) server { return heavyBall(size, 4.3, 0.5) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := privacy.Shared{Examples: c.plan}
			release, err := p.Release()
			noise := samplerOf(t, p.Noise)
			epsilon := epsilon(t, release, err, uint64(c.rounds))
			var accuracies []float64
			for n := range uint64(5) {
				f := newFederation(t, trainers, n)
				weights := f.start(t)
				move := c.server(len(weights))
				var streams []*privacy.Stream
				for i := range trainers {
					streams = append(streams, streamOf(t, n, uint64(i)))
				}
				mean := make([]float32, len(weights))
				for round := range c.rounds {
					gradient := make([]float64, len(weights))
					for i, shard := range f.shards {
						job := train.Job{Model: f.model, Training: f.training, Weights: weights, Table: shard}
						update, err := p.Sum(noise, streams[i], func(add func([]float32)) error {
							return train.Engine{}.Gradients(context.Background(), job, add)
						})
						if err != nil {
							t.Fatal(err)
						}
						for j, v := range update {
							gradient[j] += float64(v) / math.Ldexp(1600, int(p.Bits))
						}
					}
					move(weights, gradient)
					if round >= c.rounds-c.mean {
						for i, w := range weights {
							mean[i] += w / float32(c.mean)
						}
					}
				}
				accuracies = append(accuracies, f.accuracy(t, mean))
			}
			checkAccuracy(t, accuracies, epsilon, 8, c.least)
		})
	}
}

func heavyBall(size int, rate, decay float64) func(weights []float32, gradient []float64) {
	sum := make([]float64, size)
	return func(weights []float32, gradient []float64) {
		for i, g := range gradient {
			sum[i] = decay*sum[i] + g
			weights[i] -= float32(rate * sum[i])
		}
	}
}

func adamOf(size int, rate float64) func(weights []float32, gradient []float64) {
	m, v := make([]float64, size), make([]float64, size)
	step := 0.0
	return func(weights []float32, gradient []float64) {
		step++
		for i, g := range gradient {
			m[i] = 0.9*m[i] + 0.1*g
			v[i] = 0.999*v[i] + 0.001*g*g
			weights[i] -= float32(rate * m[i] / (1 - math.Pow(0.9, step)) / (math.Sqrt(v[i]/(1-math.Pow(0.999, step))) + 1e-8))
		}
	}
}

// silence is a sampler that draws only 0, so that the test sees the sum.
type silence struct{ law privacy.Law }

func (s silence) Law() privacy.Law { return s.law }

func (silence) Largest() uint64 { return 0 }

func (silence) Add(*privacy.Stream, []int64) {}

// With the engine and the sum together: a row changes the sum by a vector within the bound,
// whatever it contains.
func TestHostileRowMovesThePrivateSumByNoMoreThanTheBound(t *testing.T) {
	f := newFederation(t, 10, 1)
	p := privacy.Shared{Examples: examples(9, privacy.L2, 1024, privacy.Skellam{Variance: 100, Shares: 1})}
	sumOf := func(table data.Table) []int32 {
		job := train.Job{Model: f.model, Training: f.training, Weights: f.start(t), Table: table}
		update, err := p.Sum(silence{p.Noise}, streamOf(t, 1), func(add func([]float32)) error {
			return train.Engine{}.Gradients(context.Background(), job, add)
		})
		if err != nil {
			t.Fatal(err)
		}
		return update
	}
	rows := all(f.shards[0].Rows())
	without := sumOf(f.shards[0].Select(slices.Delete(slices.Clone(rows), 7, 8)))
	for what, spoil := range hostileRows() {
		table := f.shards[0].Select(rows)
		spoil(table.Row(7), &table.Y[7])
		moved := make([]int64, len(without))
		for i, v := range sumOf(table) {
			moved[i] = int64(v) - int64(without[i])
		}
		if !p.Bound.Holds(moved) {
			t.Errorf("%s: the row changes the sum by more than the bound", what)
		}
	}
}
