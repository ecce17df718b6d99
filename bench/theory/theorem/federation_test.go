package theorem_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/bench/theory/theorem"
	"github.com/althing-network/althing/data"
)

func shards(t testing.TB, rows data.Table, n int) []data.Table {
	t.Helper()
	s, err := theorem.Shards(rows, n, 0.1, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// choices are all subsets of a size of the rows of a table.
func choices(t data.Table, some int) (all []data.Table) {
	for set := range 1 << t.Rows() {
		var rows []int
		for i := range t.Rows() {
			if set>>i&1 == 1 {
				rows = append(rows, i)
			}
		}
		if len(rows) == some {
			all = append(all, t.Select(rows))
		}
	}
	return all
}

// outcomes are the gradients of all possible steps of two of three trainers, each on a batch.
// All are equally likely.
func outcomes(p theorem.Problem, shards []data.Table, batch int, w []float64, weight func(k int) float64) (all [][]float64) {
	for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
		a, b := weight(pair[0]), weight(pair[1])
		for _, one := range choices(shards[pair[0]], batch) {
			for _, two := range choices(shards[pair[1]], batch) {
				g, h := p.Gradient(one, w), p.Gradient(two, w)
				for i := range g {
					g[i] = (a*g[i] + b*h[i]) / (a + b)
				}
				all = append(all, g)
			}
		}
	}
	return all
}

func mean(vectors [][]float64) []float64 {
	m := make([]float64, len(vectors[0]))
	for _, v := range vectors {
		for i, x := range v {
			m[i] += x / float64(len(vectors))
		}
	}
	return m
}

func points(p theorem.Problem) map[string][]float64 {
	return map[string][]float64{"model 0": make([]float64, len(p.Optimum)), "optimum": p.Optimum}
}

// TestVarianceIsExact: the closed form equals the variance over all possible steps, and the mean
// of all steps is the gradient.
func TestVarianceIsExact(t *testing.T) {
	p := problem(t, random(15, 4))
	all := shards(t, p.Table, 3)
	for name, w := range points(p) {
		for _, batch := range []int{1, 2, 4, 5} {
			f := theorem.Federation{Problem: p, Shards: all, Drawn: 2, Batch: batch}
			steps, g := outcomes(p, all, batch, w, func(int) float64 { return 1 }), p.Gradient(p.Table, w)
			if bias := minus(mean(steps), g); dot(bias, bias) > 1e-24 {
				t.Errorf("%s, batch %d: the mean step is off by %v", name, batch, math.Sqrt(dot(bias, bias)))
			}
			want := 0.0
			for _, step := range steps {
				d := minus(step, g)
				want += dot(d, d) / float64(len(steps))
			}
			if got := f.Variance(w); math.Abs(got-want) > 1e-12*want || want < 1e-6 {
				t.Errorf("%s, batch %d: variance %v, counted %v", name, batch, got, want)
			}
		}
	}
}

// TestWeightsOfThoseDrawnAreBiased shows why all shards have the same size: with the weights of
// FedAvg over the drawn trainers, the mean step is not the gradient. With all trainers it is.
func TestWeightsOfThoseDrawnAreBiased(t *testing.T) {
	p := problem(t, random(15, 4))
	unequal := []data.Table{p.Table.Select([]int{0, 1, 2}), p.Table.Select([]int{3, 4, 5, 6, 7}), p.Table.Select([]int{8, 9, 10, 11, 12, 13, 14})}
	w, g := p.Optimum, p.Gradient(p.Table, p.Optimum)
	weight := func(k int) float64 { return float64(unequal[k].Rows()) }
	drawn := mean(outcomes(p, unequal, 3, w, weight))
	if bias := minus(drawn, g); dot(bias, bias) < 1e-6 {
		t.Errorf("the mean step of two of three is off by no more than %v", math.Sqrt(dot(bias, bias)))
	}
	all := make([]float64, len(w))
	for k, shard := range unequal {
		for i, v := range p.Gradient(shard, w) {
			all[i] += v * weight(k) / 15
		}
	}
	if bias := minus(all, g); dot(bias, bias) > 1e-24 {
		t.Errorf("the step of all three is off by %v", math.Sqrt(dot(bias, bias)))
	}
}

// TestRoundHasTheVarianceComputed: rounds of the network's code have the computed mean and
// variance. So trainers and batches are drawn uniformly, and nothing is lost between the engine
// and the aggregate.
func TestRoundHasTheVarianceComputed(t *testing.T) {
	p := problem(t, random(24, 5))
	f := theorem.Federation{Problem: p, Shards: shards(t, p.Table, 4), Drawn: 2, Batch: 2, Rate: p.Rate()}
	wide := p.Optimum
	w := make([]float32, len(wide))
	for i, v := range wide {
		w[i] = float32(v)
	}
	const samples = 10_000
	var steps [][]float64
	variance := 0.0
	for i := range samples {
		next, err := f.Round(context.Background(), w, uint64(i%10), uint64(i/10))
		if err != nil {
			t.Fatal(err)
		}
		step := make([]float64, len(w))
		for j := range w {
			step[j] = (float64(w[j]) - float64(next[j])) * 1e6 / float64(f.Rate)
		}
		steps = append(steps, step)
		variance += dot(step, step) / samples // around the gradient, which is 0
	}
	want := f.Variance(wide)
	if math.Abs(variance-want) > 0.04*want {
		t.Errorf("variance of %d rounds is %v, want %v", samples, variance, want)
	}
	// The squared norm of their mean is the variance / samples in expectation.
	if m := mean(steps); dot(m, m) > 4*want/samples {
		t.Errorf("the mean step is off by %v, want about %v", math.Sqrt(dot(m, m)), math.Sqrt(want/samples))
	}
	t.Logf("variance %.5f of %d rounds, %.5f exact", variance, samples, want)
}

// TestRoundWithoutDrawsIsGradientDescent: with all trainers and all rows there is no randomness,
// and rounds are gradient descent, except for rounding to float32 and to 2^-20.
func TestRoundWithoutDrawsIsGradientDescent(t *testing.T) {
	p := digits(t)
	f := theorem.Federation{Problem: p, Shards: shards(t, p.Table, 8), Drawn: 8, Batch: p.Table.Rows(), Rate: p.Rate()}
	w, wide := make([]float32, len(p.Optimum)), make([]float64, len(p.Optimum))
	if v := f.Variance(wide); v != 0 {
		t.Errorf("variance %v", v)
	}
	worst := 0.0
	for step := range 200 {
		next, err := f.Round(context.Background(), w, 1, uint64(step))
		if err != nil {
			t.Fatal(err)
		}
		w = next
		off := 0.0
		for i, v := range p.Gradient(p.Table, wide) {
			wide[i] -= float64(f.Rate) / 1e6 * v
		}
		for i, v := range wide {
			off += (float64(w[i]) - v) * (float64(w[i]) - v)
		}
		worst = max(worst, off)
	}
	t.Logf("largest |w - float64|^2 over 200 rounds: %.2g; at the end %.2g from w*", worst, p.Distance(w))
	if worst > 1e-9 {
		t.Errorf("the network is %v off in squared norm", worst)
	}
}

func TestShardsAreEqualAndSkewed(t *testing.T) {
	rows := digits(t).Table
	for _, n := range []int{1, 2, 16, 64} {
		var seen, want [][]float32
		mixed := 0
		for _, s := range shards(t, rows, n) {
			if s.Rows() != rows.Rows()/n {
				t.Errorf("%d trainers: one has %d rows", n, s.Rows())
			}
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
			for i := range s.Rows() {
				seen = append(seen, append([]float32{float32(s.Y[i])}, s.Row(i)...))
			}
			if slices.Max(s.Counts())*2 < s.Rows() {
				mixed++ // no class is half of it
			}
		}
		for i := range rows.Rows() {
			want = append(want, append([]float32{float32(rows.Y[i])}, rows.Row(i)...))
		}
		slices.SortFunc(seen, slices.Compare)
		slices.SortFunc(want, slices.Compare)
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("%d trainers have other rows than the table", n)
		}
		if n >= 16 && mixed*2 > n {
			t.Errorf("%d of %d shards are mixed", mixed, n)
		}
	}
	for _, n := range []int{0, 3, 449} {
		if _, err := theorem.Shards(rows, n, 0.1, 1); err == nil {
			t.Errorf("%d trainers: no error", n)
		}
	}
}
