package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeRunner takes the same time for every epoch, and records its turns.
type fakeRunner struct {
	name  string
	epoch time.Duration
	turns *[]string
	loss  []float64
	err   error
}

func (p fakeRunner) train(_ context.Context, epochs int) (time.Duration, error) {
	if p.turns != nil {
		*p.turns = append(*p.turns, fmt.Sprintf("%s %d", p.name, epochs))
	}
	return time.Duration(epochs) * p.epoch, p.err
}

func (p fakeRunner) losses(context.Context, int) ([]float64, error) { return p.loss, p.err }

func TestTurns(t *testing.T) {
	var turns []string
	ticks := 0
	runners := []runner{
		fakeRunner{name: "slow", epoch: 2 * time.Second, turns: &turns},
		fakeRunner{name: "fast", epoch: 100 * time.Millisecond, turns: &turns},
	}
	speeds, err := contest(t.Context(), runners, 3, time.Second, func() { ticks++ })
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"slow 1", "slow 1", "fast 1", "fast 10", // to warm up
		"slow 1", "fast 10",
		"fast 10", "slow 1",
		"slow 1", "fast 10",
	}
	if d := cmp.Diff(want, turns); d != "" {
		t.Errorf("turns (-want +got):\n%s", d)
	}
	if d := cmp.Diff([][]float64{{0.5, 0.5, 0.5}, {10, 10, 10}}, speeds); d != "" {
		t.Errorf("epochs a second (-want +got):\n%s", d)
	}
	if want := len(runners) * (1 + 3); ticks != want {
		t.Errorf("%d ticks, want %d", ticks, want)
	}
}

func TestContestStopsAtAnError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := contest(t.Context(), []runner{fakeRunner{err: broken}}, 1, time.Second, func() {}); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestAgreement(t *testing.T) {
	for _, c := range []struct {
		name        string
		left, right []float64
		want        float64
		differ      bool
	}{
		{"same", []float64{2, 1}, []float64{2, 1}, 0, false},
		{"close", []float64{2, 1.00005}, []float64{2, 1}, 0.00005 / 1.00005, false},
		{"both nothing", []float64{0, 1}, []float64{0, 1}, 0, false},
		{"apart", []float64{2, 1.0002}, []float64{2, 1}, 0, true},
		{"no number", []float64{2, math.NaN()}, []float64{2, 1}, 0, true},
		{"too few", []float64{2}, []float64{2, 1}, 0, true},
	} {
		got, err := agreement(t.Context(), fakeRunner{loss: c.left}, fakeRunner{loss: c.right}, 2)
		switch {
		case (err != nil) != c.differ:
			t.Errorf("%s: error %v", c.name, err)
		case err == nil && math.Abs(got-c.want) > 1e-12:
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
