package main

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// digits is a federation of 20 clients, five per round, on the embedded data set.
func digits(t *testing.T, workers int) federation {
	t.Helper()
	whole, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]int, whole.Rows())
	for i := range rows {
		rows[i] = i
	}
	clients, err := split(whole.Select(rows[:1600]), nonIID, 20, 3)
	if err != nil {
		t.Fatal(err)
	}
	return federation{
		model:    spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{16}, Classes: 10, Seed: 3},
		training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 10, Epochs: 2, Rate: 100_000, Arithmetic: spec.ArithmeticFused},
		clients:  clients, chosen: 5, holdout: pieces(whole.Select(rows[1600:]), workers), seed: 3, workers: workers,
	}
}

func TestResultDoesNotDependOnWorkers(t *testing.T) {
	want, err := digits(t, 1).run(t.Context(), 8, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) != 9 || slices.Max(want) < want[0]+0.2 {
		t.Errorf("accuracies of 8 rounds are %v: want them to rise", want)
	}
	for _, workers := range []int{2, 7} {
		got, err := digits(t, workers).run(t.Context(), 8, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("1 worker and %d workers (-1 +%d):\n%s", workers, workers, diff)
		}
	}
}

func TestRunStopsAtTheTarget(t *testing.T) {
	var seen []int
	curve, err := digits(t, 1).run(t.Context(), 100, 0.4, func(round int, _ float64) { seen = append(seen, round) })
	if err != nil {
		t.Fatal(err)
	}
	last := len(curve) - 1
	if last == 100 || curve[last] < 0.4 || last > 0 && slices.Max(curve[:last]) >= 0.4 {
		t.Errorf("curve %v: want it to end where it first reaches 0.4", curve)
	}
	if len(seen) != len(curve) || seen[last] != last {
		t.Errorf("seen was called for rounds %v: want 0 to %d", seen, last)
	}
}

// TestFedSGDIsGradientDescent: the mean of one step of every client on all of its rows is a step
// of gradient descent on all rows together, which the paper calls FedSGD.
func TestFedSGDIsGradientDescent(t *testing.T) {
	f := digits(t, 2)
	f.chosen = len(f.clients)
	f.training.Batch, f.training.Epochs, f.training.Arithmetic = uint32(f.clients[0].Rows()), 1, spec.ArithmeticStrict
	weights := make([]float32, 64*16+16+16*10+10)
	for i := range weights {
		weights[i] = float32(i%13)/50 - 0.1
	}
	got, err := f.round(t.Context(), 1, weights)
	if err != nil {
		t.Fatal(err)
	}
	all := gathered(f.clients[0])
	for _, c := range f.clients[1:] {
		c = gathered(c)
		all.X, all.Y = slices.Concat(all.X, c.X), slices.Concat(all.Y, c.Y)
	}
	f.training.Batch = uint32(all.Rows())
	want, err := train.Engine{}.Train(t.Context(), train.Job{Model: f.model, Training: f.training, Weights: weights, Table: all}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if d := got[i] - want.Weights[i]; d < -2e-6 || d > 2e-6 { // two steps of the fixed point
			t.Fatalf("weight %d is %v: want %v", i, got[i], want.Weights[i])
		}
	}
}

func TestChooseIsDistinctAndChanges(t *testing.T) {
	f := federation{clients: make([]data.Table, clientCount), chosen: chosen, seed: 1}
	first, second := f.choose(1), f.choose(2)
	distinct := slices.Compact(slices.Sorted(slices.Values(first)))
	if len(distinct) != chosen || distinct[0] < 0 || distinct[chosen-1] >= clientCount {
		t.Errorf("chose %v: want %d of %d clients", first, chosen, clientCount)
	}
	if slices.Equal(first, second) {
		t.Errorf("rounds 1 and 2 have the same clients %v", first)
	}
	if !slices.Equal(first, f.choose(1)) {
		t.Error("two calls for the same round choose different clients")
	}
}

func TestRunReportsFailure(t *testing.T) {
	f := digits(t, 2)
	f.training.Rate = 4_000_000_000
	curve, err := f.run(t.Context(), 50, 1, nil)
	if err == nil || len(curve) == 0 {
		t.Errorf("rate 4000: got %v and %v: want an error and the accuracy of model 0", curve, err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := digits(t, 2).run(cancelled, 5, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}
