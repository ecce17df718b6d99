package audit_test

import (
	"context"
	"math"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// canaryRows is a table of one-hot rows of class 1 of 2, each with its own column, and a
// softmax model for them. The value is so large that the biases, which all rows share, have
// almost no part in a row's gradient.
func canaryRows(t *testing.T, canaries int, value float32) (data.Table, spec.Model, []float32) {
	t.Helper()
	table := data.Table{X: make([]float32, canaries*canaries), Y: make([]int32, canaries), Features: canaries, Classes: 2}
	for i := range canaries {
		table.X[i*canaries+i], table.Y[i] = value, 1
	}
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: uint32(canaries), Classes: 2}
	return table, m, must(model.Init(m))(t)
}

// observedSum is a private step of training whose released sum the test sees too.
type observedSum struct {
	*privacy.SampledSum
	quanta float32
	out    []int64
}

func (h *observedSum) Release(gradient []float32) error {
	err := h.SampledSum.Release(gradient)
	h.out = make([]int64, len(gradient))
	for i, v := range gradient {
		h.out[i] = int64(v * h.quanta) // exact: the values have few bits, and quanta is a power of two
	}
	return err
}

// released is what one step of training releases, and all that the optimiser sees: the sum of
// the clipped gradients of the rows that are in, in quanta, with noise.
func released(t *testing.T, table data.Table, m spec.Model, weights []float32, in []bool, noise *privacy.Table, round uint64) []int64 {
	t.Helper()
	var rows []int
	for i, in := range in {
		if in {
			rows = append(rows, i)
		}
	}
	const bits = 7 // a 1 is 128 quanta
	step := privacy.Sampled{
		Examples: privacy.Examples{
			Values: len(weights), Bits: bits, Rows: uint64(table.Rows()), Noise: noise.Law(),
			Bound: privacy.Bound{Norm: privacy.L2, Limit: clip * clip},
		},
		Rate: uint32(spec.One), Divisor: 1,
	}
	h := &observedSum{SampledSum: must(step.Begin(noise, stream(t, "noise", round)))(t), quanta: 1 << bits}
	job := train.Job{
		Model: m, Weights: weights, Table: table.View(rows), Private: h, Steps: 1,
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: uint32(len(rows)), Epochs: 1, Rate: spec.One},
	}
	if _, err := (train.Engine{}).Train(context.Background(), job, nil); err != nil {
		t.Fatal(err)
	}
	return h.out
}

// The audits of real steps of training. The true sum is the sum of the canaries' gradients,
// so the residuals are the noise. Guesses use only what was released.
func TestAuditOfAStepOfTraining(t *testing.T) {
	const (
		canaries, made, rounds = 1000, 200, 8
		part                   = 70 // quanta: the gradient is value times -1/2 and 1/2, clipped to a norm of 100
	)
	table, m, weights := canaryRows(t, canaries, 1000)
	gradients := make([]audit.Gradient, canaries)
	for i := range gradients {
		gradients[i] = audit.Gradient{At: []int{i, canaries + i}, Values: []int64{part, -part}}
	}
	claim := claimed(t)
	noiseOf := func(sigma float64) *privacy.Table {
		return must(privacy.NewTable(privacy.RoundedGaussian{Sigma: ratio(uint64(1000*sigma), 1000)}))(t)
	}
	honest := noiseOf(part * math.Sqrt2 / claim.Mu)
	for _, k := range []struct {
		name    string
		noise   *privacy.Table
		refuted bool
	}{
		{"honest", honest, false},
		{"half", noiseOf(part * math.Sqrt2 / claim.Mu / 2), true},
	} {
		var residuals [][]int64
		var chances []float64
		for round := range uint64(rounds) {
			in := audit.Coins(stream(t, "coins", round), canaries)
			out := released(t, table, m, weights, in, k.noise, round)
			sum := make([]int64, len(out))
			for i, g := range gradients {
				for j, at := range g.At {
					if in[i] {
						sum[at] += g.Values[j]
					}
				}
			}
			biases := len(sum) - 2 // all rows share the biases, with 1/1000 of each gradient: the auditor leaves them out
			residuals = append(residuals, must(audit.Difference(out[:biases], sum[:biases]))(t))
			g := must(audit.Guess(in, must(audit.Scores(out, gradients))(t), made))(t)
			chances = append(chances, must(audit.OneRun(g, claim))(t))
		}
		verdict, p := residual(t, honest, residuals, 0), must(audit.Fisher(chances))(t)
		t.Logf("%s: chance %.3g\n%s", k.name, p, verdict)
		if refuted := verdict.Rejected() != nil; refuted != k.refuted {
			t.Errorf("%s noise: the residuals refute it: %t, want %t:\n%s", k.name, refuted, k.refuted, verdict)
		}
		if refuted := p <= tau; refuted != k.refuted {
			t.Errorf("%s noise: the guesses refute it: %t, want %t; p-value %g", k.name, refuted, k.refuted, p)
		}
	}
}
