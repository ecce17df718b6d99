package theorem_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/bench/theory/theorem"
)

func measure(t *testing.T, f theorem.Federation, rounds, seeds int) theorem.Curve {
	t.Helper()
	c, err := f.Measure(context.Background(), rounds, seeds, nil)
	if err != nil {
		t.Fatal(err)
	}
	last := len(c.Mean) - 1
	t.Logf("sigma^2 %.4f: mean |w-w*|^2 goes from %.4f to %.4f, bounds %.4f and %.4f", c.Sigma2, c.Mean[0], c.Mean[last], c.Tight()(last), c.Quoted()(last))
	return c
}

// TestTheorem: at every step the mean over 100 seeds is below both bounds. With a tenth of the
// variance the tighter bound would not hold, so the bound is not just a large number.
func TestTheorem(t *testing.T) {
	p := digits(t)
	for _, c := range []struct {
		trainers, drawn int
		sharp           bool // it takes fewer rounds to miss nine tenths of the variance
	}{{1, 1, true}, {4, 4, false}, {4, 1, true}, {16, 4, false}} {
		t.Run(fmt.Sprintf("%d of %d trainers", c.drawn, c.trainers), func(t *testing.T) {
			f := theorem.Federation{Problem: p, Shards: shards(t, p.Table, c.trainers), Drawn: c.drawn, Batch: 8, Rate: p.Rate()}
			curve := measure(t, f, 50, 100)
			for name, bound := range map[string]theorem.Bound{"sigma^2/mu^2": curve.Quoted(), "eta sigma^2/mu": curve.Tight()} {
				if round, leaves := curve.Leaves(bound); leaves {
					t.Errorf("after %d rounds the mean is %v, above the bound with %s, %v", round, curve.Mean[round], name, bound(round))
				}
			}
			if curve.Quoted()(50) < curve.Tight()(50) {
				t.Error("the tighter bound is above the looser one")
			}
			understated := curve
			understated.Sigma2 /= 10
			if _, leaves := understated.Leaves(understated.Tight()); c.sharp && !leaves {
				t.Error("with a tenth of the variance the curve is still below the tighter bound: want it above")
			}
		})
	}
}

// TestSeveralEpochsLeaveTheTheorem: several epochs on different shards do not converge to w*, and
// end above the bound, because the theorem is about single steps. A single trainer has no other
// shard to differ from, and stays below.
func TestSeveralEpochsLeaveTheTheorem(t *testing.T) {
	p := digits(t)
	for _, c := range []struct {
		trainers int
		leaves   bool
	}{{1, false}, {16, true}} {
		f := theorem.Federation{Problem: p, Shards: shards(t, p.Table, c.trainers), Drawn: c.trainers, Batch: 8, Epochs: 5, Rate: p.Rate()}
		curve := measure(t, f, 50, 5)
		if round, leaves := curve.Leaves(curve.Tight()); leaves != c.leaves {
			t.Errorf("%d trainers: leaves the bound %v (after %d rounds), want %v", c.trainers, leaves, round, c.leaves)
		}
	}
}

// TestLargeRatesLeaveTheTheorem: with a rate far above 1/L the curve ends above the bound. The rate
// must be far above, because L bounds the curvature of any softmax, and the curvature on the way
// to w* is several times smaller.
func TestLargeRatesLeaveTheTheorem(t *testing.T) {
	p := digits(t)
	f := theorem.Federation{Problem: p, Shards: shards(t, p.Table, 8), Drawn: 2, Batch: 8, Rate: 8 * p.Rate()}
	curve := measure(t, f, 20, 10)
	if _, leaves := curve.Leaves(curve.Tight()); !leaves {
		t.Error("at 8 times the rate the curve stays below the bound: want it above")
	}
}

func TestProcessorsChangeNoBit(t *testing.T) {
	p := problem(t, random(24, 5))
	f := theorem.Federation{Problem: p, Shards: shards(t, p.Table, 4), Drawn: 2, Batch: 2, Rate: p.Rate()}
	before := runtime.GOMAXPROCS(1)
	one := measure(t, f, 10, 7)
	runtime.GOMAXPROCS(3)
	three := measure(t, f, 10, 7)
	runtime.GOMAXPROCS(before)
	if diff := cmp.Diff(one, three); diff != "" {
		t.Errorf("on 1 and on 3 processors (-1 +3):\n%s", diff)
	}
}

// TestMeasureFails: Measure returns the error of a round, and an error if its context ends.
func TestMeasureFails(t *testing.T) {
	p := problem(t, random(24, 5))
	f := theorem.Federation{Problem: p, Shards: shards(t, p.Table, 4), Drawn: 2, Batch: 2}
	if _, err := f.Measure(context.Background(), 3, 2, nil); err == nil {
		t.Error("rate 0: no error")
	}
	f.Rate = p.Rate()
	for _, drawn := range []int{0, 5} {
		f.Drawn = drawn
		if _, err := f.Measure(context.Background(), 3, 2, nil); err == nil {
			t.Errorf("%d of 4 trainers: no error", drawn)
		}
	}
	f.Drawn = 2
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if _, err := f.Measure(stopped, 3, 2, nil); err == nil {
		t.Error("the context has ended: want an error")
	}
}
