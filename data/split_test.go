package data_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

func TestShuffle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, seed := tables(0).Draw(t, "table"), rapid.Uint64().Draw(t, "seed")
		shuffled := data.Shuffle(table, seed)
		conserved(t, table, shuffled)
		if d := cmp.Diff(shuffled, data.Shuffle(table, seed)); d != "" {
			t.Fatalf("same seed, other order:\n%s", d)
		}
	})
	table := digits(t)
	if data.Digest(data.Shuffle(table, 1)) == data.Digest(data.Shuffle(table, 2)) {
		t.Error("two seeds give the same order")
	}
}

// The orders and splits of the digits must not change: every machine and every version of Go computes the
// same tables from a seed.
func TestSplitsOfDigitsAreFixed(t *testing.T) {
	shuffled := data.Shuffle(digits(t), 1)
	train, holdout, err := data.Holdout(shuffled, 200_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	shards, err := data.Shards(holdout, 4)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := data.Dirichlet(train, 10, 0.5, 1)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{data.Digest(shuffled).Short(), data.Digest(train).Short(), data.Digest(holdout).Short(), data.Digest(shards[3]).Short(), data.Digest(parts[9]).Short()}
	want := []string{"e881f3d8", "e87758cd", "98e7fed4", "e75af75e", "e135d6cd"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("digests of the splits (-want +got):\n%s", d)
	}
}

// Every order of three rows must be about as frequent as every other.
func TestPermuteIsUniform(t *testing.T) {
	const draws = 6000
	table := data.Table{X: []float32{0, 1, 2}, Y: []int32{0, 0, 0}, Features: 1, Classes: 1}
	seen := map[[3]float32]int{}
	for seed := range uint64(draws) {
		seen[[3]float32(data.Shuffle(table, seed).Select([]int{0, 1, 2}).X)]++
	}
	for order, n := range seen {
		if n < draws/6-150 || n > draws/6+150 { // 5 standard deviations
			t.Errorf("order %v came %d times in %d", order, n, draws)
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d orders of 3 rows, want 6", len(seen))
	}
}

func TestHoldout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, seed := tables(0).Draw(t, "table"), rapid.Uint64().Draw(t, "seed")
		fraction := spec.PPM(rapid.Uint32Range(0, 1_000_000).Draw(t, "fraction"))
		train, holdout, err := data.Holdout(table, fraction, seed)
		if err != nil {
			exact := float64(table.Rows()) * float64(fraction) / 1e6
			if slack := float64(table.Classes) / 2; exact > slack && exact < float64(table.Rows())-slack {
				t.Fatalf("refused although both sides have rows: %v", err)
			}
			return
		}
		conserved(t, table, train, holdout)
		again, _, _ := data.Holdout(table, fraction, seed)
		if d := cmp.Diff(train, again); d != "" {
			t.Fatalf("same seed, other cut:\n%s", d)
		}
		for class, n := range table.Counts() {
			got, exact := holdout.Counts()[class], float64(n)*float64(fraction)/1e6
			if math.Abs(float64(got)-exact) > 0.5 {
				t.Fatalf("class %d: %d of %d rows held out, want %s of them", class, got, n, fraction)
			}
		}
	})
	if _, _, err := data.Holdout(digits(t), spec.One+1, 0); err == nil {
		t.Error("a fraction above 1 is taken")
	}
}

func TestShards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, parts := tables(1).Draw(t, "table"), rapid.IntRange(1, 9).Draw(t, "parts")
		shards, err := data.Shards(table, parts)
		if parts > table.Rows() {
			if err == nil {
				t.Fatalf("%d rows in %d shards", table.Rows(), parts)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		conserved(t, table, shards...)
		var sizes []int
		for _, s := range shards {
			sizes = append(sizes, s.Rows())
		}
		if slices.Max(sizes)-slices.Min(sizes) > 1 {
			t.Fatalf("shards of %v rows", sizes)
		}
		for class := range table.Classes {
			var counts []int
			for _, s := range shards {
				counts = append(counts, s.Counts()[class])
			}
			if slices.Max(counts)-slices.Min(counts) > 1 {
				t.Fatalf("class %d: %v rows in the shards", class, counts)
			}
		}
	})
	if _, err := data.Shards(digits(t), 0); err == nil {
		t.Error("no shards at all is taken")
	}
}

func TestDirichlet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, seed := tables(1).Draw(t, "table"), rapid.Uint64().Draw(t, "seed")
		parts := rapid.IntRange(1, table.Rows()).Draw(t, "parts")
		alpha := rapid.Float64Range(1e-6, 1e6).Draw(t, "alpha")
		split, err := data.Dirichlet(table, parts, alpha, seed)
		if err != nil {
			t.Fatal(err)
		}
		conserved(t, table, split...)
		for i, p := range split {
			if least := min(8, table.Rows()/parts); p.Rows() < least {
				t.Fatalf("part %d of %d has %d of %d rows, want at least %d", i, parts, p.Rows(), table.Rows(), least)
			}
		}
		again, _ := data.Dirichlet(table, parts, alpha, seed)
		if d := cmp.Diff(split, again); d != "" {
			t.Fatalf("same seed, other split:\n%s", d)
		}
	})
	for _, alpha := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := data.Dirichlet(digits(t), 10, alpha, 1); err == nil {
			t.Errorf("alpha %v is taken", alpha)
		}
	}
	if _, err := data.Dirichlet(digits(t), 1798, 1, 1); err == nil {
		t.Error("more parts than rows are taken")
	}
}

// Hsu et al. 2019, figure 1: parts go from few classes each to all alike as
// alpha grows. The measure is the mean share of a part's most frequent class,
// against the same of ten classes drawn from Dirichlet(alpha): 0.94 at 0.01,
// 0.38 at 0.5, 0.1 at infinity. Levelled parts and differences of size blur it.
func TestDirichletConcentration(t *testing.T) {
	table := digits(t)
	share := func(alpha float64) (mean float64) {
		const parts, seeds = 10, 20
		for seed := range uint64(seeds) {
			split, err := data.Dirichlet(table, parts, alpha, seed)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range split {
				mean += float64(slices.Max(p.Counts())) / float64(p.Rows()) / parts / seeds
			}
		}
		return mean
	}
	for _, c := range []struct{ alpha, low, high float64 }{
		{0.01, 0.7, 0.94},
		{0.5, 0.3, 0.4},
		{1e6, 0.1, 0.11},
	} {
		if got := share(c.alpha); got < c.low || got > c.high {
			t.Errorf("alpha %v: the most frequent class has %.3f of a part, want %v to %v", c.alpha, got, c.low, c.high)
		}
	}
}
