package privacy_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
)

// sampledPlan is a plan of sampled steps on gradients of three values; a 1 is 16 quanta.
func sampledPlan() privacy.Sampled {
	return privacy.Sampled{
		Examples: privacy.Examples{
			Values: 3, Bits: 4, Rows: 1 << 20,
			Bound: privacy.Bound{Norm: privacy.L2, Limit: 16 * 16},
			Noise: privacy.RoundedGaussian{Sigma: ratio(32, 1)},
		},
		Rate: 200_000, Divisor: 10,
	}
}

// sharedPlan is a plan of a sum over parties, 7 of which are honest.
func sharedPlan() privacy.Shared {
	p := privacy.Shared{Examples: sampledPlan().Examples}
	p.Noise = privacy.Skellam{Variance: 32 * 32, Shares: 7}
	return p
}

func sampler(t fataler, l privacy.Law) privacy.Sampler {
	s, err := privacy.NewSampler(l)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

type fataler interface {
	Fatalf(format string, args ...any)
}

// noNoise is a sampler that claims a law and adds nothing, so that tests see the sum.
type noNoise struct{ law privacy.Law }

func (s noNoise) Law() privacy.Law { return s.law }

func (noNoise) Largest() uint64 { return 0 }

func (noNoise) Add(*privacy.Stream, []int64) {}

func begin(t fataler, p privacy.Sampled, noise privacy.Sampler, s *privacy.Stream) *privacy.SampledSum {
	sum, err := p.Begin(noise, s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return sum
}

// share is what a party gives out for some gradients.
func share(t fataler, p privacy.Shared, noise privacy.Sampler, s *privacy.Stream, gradients ...[]float32) []int32 {
	update, err := p.Sum(noise, s, func(add func([]float32)) error {
		for _, g := range gradients {
			add(g)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return update
}

// Gradients are rounded to integers and clipped one by one and summed; noise is added to the
// sum; it is divided last. The expected result is computed step by step.
func TestClipThenSumInIntegersThenNoiseThenScale(t *testing.T) {
	p := sampledPlan()
	gradients := [][]float32{{0.5, -0.25, 0}, {300, 400, 0}, {0.03125, 0.09375, -0.03125}}
	want := []int64{8, -4, 0}
	far := []int64{4800, 6400, 0} // clipped to a length of 16 quanta, towards zero
	if err := p.Bound.Clip(far); err != nil || far[0] != 9 || far[1] != 12 {
		t.Fatal(far, err)
	}
	for i, v := range []int64{0, 2, 0} { // halves go to the even integer
		want[i] += v + far[i]
	}
	noise := sampler(t, p.Noise)
	noise.Add(seeded(t, 5), want)
	sum := begin(t, p, noise, seeded(t, 5))
	for _, g := range gradients {
		before := slices.Clone(g)
		sum.Add(g)
		if !slices.Equal(g, before) {
			t.Error("a gradient has changed")
		}
	}
	released := []float32{math.MaxFloat32, -1, 1}
	if err := sum.Release(released); err != nil {
		t.Fatal(err)
	}
	for i, v := range want {
		if released[i] != float32(float64(v)/160) {
			t.Errorf("value %d is %v, want %d quanta of 1/16, of 10", i, released[i], v)
		}
	}
	if err := begin(t, p, noNoise{p.Noise}, nil).Release(released); err != nil || !slices.Equal(released, make([]float32, 3)) {
		t.Errorf("the empty sum is released as %v (error %v), want zeros", released, err)
	}
}

// The attack that integers prevent: a float sum rounds, so that a row whose gradient is
// clipped to 2 changes it by 4. A row changes a sum of integers by exactly its own vector,
// which is within the bound.
func TestOneRowChangesTheSumByNoMoreThanTheBound(t *testing.T) {
	floats := func(gradients []float32) (sum float32) {
		for _, g := range gradients {
			sum += max(-2, min(2, g))
		}
		return sum
	}
	rows := append(slices.Repeat([]float32{2}, 1<<23+1), 1) // without the first row the sum is 2^24, where adding 1 is rounded away
	if moved := floats(rows) - floats(rows[1:]); moved != 4 {
		t.Errorf("a row moves the float sum by %v, want 4", moved)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := sampledPlan()
		p.Bits, p.Rate, p.Divisor = rapid.UintRange(0, 20).Draw(t, "bits"), 1_000_000, 1
		p.Values = rapid.IntRange(1, 9).Draw(t, "values") // squares are added four at a time
		p.Bound = privacy.Bound{Norm: privacy.L2, Limit: rapid.Uint64Range(1, 1<<40).Draw(t, "limit")}
		if rapid.Bool().Draw(t, "laplace") {
			p.Bound.Norm, p.Noise = privacy.L1, privacy.DiscreteLaplace{A: ratio(1, 10)}
		}
		value := rapid.OneOf(rapid.Float32Range(-2, 2), rapid.Float32Range(-1e5, 1e5), rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32))
		gradient := rapid.SliceOfN(value, p.Values, p.Values)
		rows := rapid.SliceOfN(gradient, 1, 8).Draw(t, "rows")
		odd := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		with, without := quanta(t, p, rows), quanta(t, p, slices.Delete(slices.Clone(rows), odd, odd+1))
		alone := quanta(t, p, rows[odd:odd+1])
		for i := range with {
			if with[i]-without[i] != alone[i] {
				t.Fatalf("value %d: the row changes the sum by %d, but alone it adds %d", i, with[i]-without[i], alone[i])
			}
		}
		if !p.Bound.Holds(alone) {
			t.Fatalf("a row adds %d, which is not within %v", alone, p.Bound)
		}
		want := make([]int64, p.Values)
		for i, v := range rows[odd] {
			want[i] = int64(max(-(1<<31 - 128), min(1<<31-128, math.RoundToEven(math.Ldexp(float64(v), int(p.Bits))))))
		}
		if err := p.Bound.Clip(want); err != nil || !slices.Equal(alone, want) {
			t.Fatalf("a row adds %d, want %d (error %v)", alone, want, err)
		}
	})
}

// quanta is the sum of some gradients without noise.
func quanta(t fataler, p privacy.Sampled, rows [][]float32) []int64 {
	values := make([]int64, p.Values)
	sum := begin(t, p, spy{noNoise{p.Noise}, values}, nil)
	for _, g := range rows {
		sum.Add(g)
	}
	if err := sum.Release(make([]float32, p.Values)); err != nil {
		t.Fatalf("%v", err)
	}
	return values
}

// spy is a sampler that copies the sum instead of adding noise.
type spy struct {
	noNoise
	values []int64
}

func (s spy) Add(_ *privacy.Stream, values []int64) { copy(s.values, values) }

// A gradient that is made to break the sum adds nothing or a vector within the bound, and
// does not change what others add.
func TestHostileGradientsAddNothingOrAVectorWithinTheBound(t *testing.T) {
	p := sampledPlan()
	quiet := []float32{0.5, 0.25, -0.5}
	base := quanta(t, p, [][]float32{quiet, quiet})
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, nothing := range [][]float32{{nan, nan, nan}, {1, nan, 1}, {inf, 0, 0}, {0, -inf, 1}, {inf, -inf, 0}, {1e30, 0, nan}, {0, 0, 0}, {1e-30, math.SmallestNonzeroFloat32, 0}} {
		if got := quanta(t, p, [][]float32{quiet, nothing, quiet}); !slices.Equal(got, base) {
			t.Errorf("%v changes the sum %v to %v", nothing, base, got)
		}
	}
	for _, loud := range [][]float32{{1e30, 0, 0}, {math.MaxFloat32, -math.MaxFloat32, math.MaxFloat32}, {0, -1e38, 1}} {
		got := quanta(t, p, [][]float32{quiet, loud, quiet})
		for i := range got {
			got[i] -= base[i]
		}
		if !p.Bound.Holds(got) || slices.Equal(got, make([]int64, 3)) {
			t.Errorf("%v adds %v, want a vector within %v that is not 0", loud, got, p.Bound)
		}
	}
}

// Gradients are rounded to the nearest integer, halves to even, as by [math.RoundToEven].
func TestGradientsAreRoundedToEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := sampledPlan()
		p.Values, p.Bits = 1, rapid.UintRange(0, 30).Draw(t, "bits")
		p.Rows, p.Bound.Limit = 1, 1<<61
		v := rapid.OneOf(rapid.Float32Range(-1, 1), rapid.Map(rapid.IntRange(-64, 64), func(k int) float32 { return float32(math.Ldexp(float64(k)/2, -int(p.Bits))) })).Draw(t, "value")
		if got, want := quanta(t, p, [][]float32{{v}})[0], int64(math.RoundToEven(math.Ldexp(float64(v), int(p.Bits)))); got != want {
			t.Fatalf("%v at 2^%d is %d quanta, want %d", v, p.Bits, got, want)
		}
	})
}

// Each row is drawn independently with the probability of the rate: the counts of each of 40
// rows, and of each pair of neighbours, are binomial.
func TestSampleIsPoisson(t *testing.T) {
	const draws, rows = 20_000, 40
	for _, rate := range []uint32{1, 200_000, 500_000, 999_999, 1_000_000} {
		p := sampledPlan()
		p.Rate = rate
		sum := begin(t, p, noNoise{p.Noise}, seeded(t, uint64(rate)))
		var singles, pairs [rows]int
		for range draws {
			sample := sum.Sample(rows)
			if !slices.IsSorted(sample) || len(slices.Compact(slices.Clone(sample))) != len(sample) {
				t.Fatalf("sample %v is not in rising order", sample)
			}
			for i, row := range sample {
				if row < 0 || row >= rows {
					t.Fatalf("row %d of %d", row, rows)
				}
				singles[row]++
				if i > 0 && sample[i-1] == row-1 {
					pairs[row]++
				}
			}
		}
		q := float64(rate) / 1e6
		for row := range rows {
			for what, c := range map[string]struct {
				count int
				q     float64
			}{"a row": {singles[row], q}, "a pair": {pairs[row], q * q}} {
				if row == 0 && what == "a pair" {
					continue
				}
				if far := math.Abs(float64(c.count) - draws*c.q); far > 6*math.Sqrt(draws*c.q*(1-c.q))+3 {
					t.Errorf("rate %d: %s is drawn %d times of %d", rate, what, c.count, draws)
				}
			}
		}
	}
	p := sampledPlan()
	sum := begin(t, p, noNoise{p.Noise}, seeded(t, 1))
	if got := sum.Sample(0); len(got) != 0 {
		t.Errorf("the sample of 0 rows is %v", got)
	}
}

// Streams with the same seed give the same samples and noise; another seed gives others.
func TestSampledSumsRepeatFromASeed(t *testing.T) {
	p := sampledPlan()
	noise := sampler(t, p.Noise)
	run := func(seed uint64) (all []float32) {
		sum := begin(t, p, noise, seeded(t, seed))
		for range 5 {
			for _, row := range sum.Sample(30) {
				sum.Add([]float32{float32(row) / 30, 1, -1})
			}
			released := make([]float32, 3)
			if err := sum.Release(released); err != nil {
				t.Fatal(err)
			}
			all = append(all, released...)
		}
		return all
	}
	if !slices.Equal(run(1), run(1)) || slices.Equal(run(1), run(2)) {
		t.Error("two runs with one seed differ, or runs with two seeds are equal")
	}
}

// The divisor is a constant: for data sets of 159, 160 and 161 rows, where a divisor that
// was computed from the rows would change, everything public is the same.
func TestNeighboursHaveTheSameDivisorAndShape(t *testing.T) {
	p := sampledPlan()
	p.Rate, p.Divisor = 1_000_000, 160
	for _, rows := range []int{0, 159, 160, 161} {
		sum := begin(t, p, noNoise{p.Noise}, seeded(t, 1))
		for range sum.Sample(rows) {
			sum.Add([]float32{1, 0, 0})
		}
		released := make([]float32, 3)
		if err := sum.Release(released); err != nil {
			t.Fatal(err)
		}
		if want := float32(rows) / 160; released[0] != want {
			t.Errorf("%d rows of 1 release %v, want %v, the sum divided by a constant", rows, released[0], want)
		}
		if got := share(t, sharedPlan(), noNoise{sharedPlan().Noise}, nil, slices.Repeat([][]float32{{1, 0, 0}}, rows)...); len(got) != 3 || got[0] != int32(16*rows) {
			t.Errorf("%d rows: the party gives out %v, want %d first", rows, got, 16*rows)
		}
	}
}

// A party gives out the sum of all its rows plus a share of the noise, in quanta.
func TestSharedSumIsTheRowsAndAShare(t *testing.T) {
	p := sharedPlan()
	noise := sampler(t, p.Noise)
	want := []int64{10, 3, -2}
	noise.Add(seeded(t, 9), want)
	got := share(t, p, noise, seeded(t, 9), []float32{0.5, 0.25, -0.125}, []float32{0.125, -0.0625, 0}, []float32{float32(math.NaN()), 0, 0})
	for i, v := range want {
		if int64(got[i]) != v {
			t.Errorf("value %d is %d, want %d", i, got[i], v)
		}
	}
}

// A sum that was stopped is not continued: a row that was added before would be in it twice
// and change it by twice the bound. And no sum is released twice with different noise.
func TestSumsAreNeverContinued(t *testing.T) {
	broken := errors.New("no more rows")
	update, err := sharedPlan().Sum(noNoise{sharedPlan().Noise}, nil, func(add func([]float32)) error {
		add([]float32{1, 0, 0})
		return broken
	})
	if !errors.Is(err, broken) || update != nil {
		t.Errorf("%v, %v", update, err)
	}
	p := sampledPlan()
	p.Rate, p.Divisor = 1_000_000, 1
	sum := begin(t, p, noNoise{p.Noise}, seeded(t, 1))
	sum.Sample(1)
	sum.Add([]float32{1, 0, 0}) // and the training is stopped
	sum.Sample(1)
	sum.Add([]float32{1, 0, 0})
	released := make([]float32, 3)
	for _, want := range []float32{1, 0} {
		if err := sum.Release(released); err != nil || released[0] != want {
			t.Errorf("released %v, %v: want %v", released, err, want)
		}
	}
}

// The sum of all parties is the sum of all rows plus noise of the whole law: the difference
// has the whole variance.
func TestSharesOfSumsAddUp(t *testing.T) {
	p := sharedPlan()
	p.Values = 20_000
	noise := sampler(t, p.Noise)
	total := make([]int64, p.Values)
	gradient := make([]float32, p.Values)
	gradient[0] = 1
	for party := range 7 {
		for i, v := range share(t, p, noise, seeded(t, uint64(party)), gradient) {
			total[i] += int64(v)
		}
	}
	total[0] -= 7 * 16
	report(t, lawOf(table(t, privacy.Skellam{Variance: 32 * 32, Shares: 1})).check(total))
}

// A plan describes its release as a book of privacy/cost counts it.
func TestExamplesSayWhatTheyCost(t *testing.T) {
	laplace, polya := sampledPlan(), sharedPlan()
	laplace.Bound, laplace.Noise, laplace.Rate = privacy.Bound{Norm: privacy.L1, Limit: 16}, privacy.DiscreteLaplace{A: ratio(1, 32)}, 1_000_000
	polya.Bound, polya.Noise = laplace.Bound, privacy.Polya{A: ratio(1, 32), Shares: 7}
	for _, c := range []struct {
		plan interface {
			Release() (cost.Release, error)
		}
		want cost.Release
	}{
		{sampledPlan(), cost.Release{Unit: cost.Example, Noise: cost.Gaussian{Sigma: cost.Fraction{Num: 32, Den: 1}}, Norm: cost.Norm{L1: 27, L2Squared: 256}, Sampling: cost.Sampling{Poisson: 200_000}}},
		{sharedPlan(), cost.Release{Unit: cost.Example, Noise: cost.Skellam{Variance: cost.Fraction{Num: 1024, Den: 1}}, Norm: cost.Norm{L1: 27, L2Squared: 256}}},
		{laplace, cost.Release{Unit: cost.Example, Noise: cost.Laplace{Rate: cost.Fraction{Num: 1, Den: 32}}, Norm: cost.Norm{L1: 16}, Sampling: cost.Sampling{Poisson: 1_000_000}}},
		{polya, cost.Release{Unit: cost.Example, Noise: cost.Laplace{Rate: cost.Fraction{Num: 1, Den: 32}}, Norm: cost.Norm{L1: 16}}},
	} {
		got, err := c.plan.Release()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.plan, diff)
		}
		for _, a := range cost.Adjacencies() {
			if _, err := (cost.Limit{Unit: cost.Example, Adjacency: a, Epsilon: cost.OneEpsilon, Delta: 1}).Cost(got); err != nil {
				t.Errorf("%s: %v", a, err)
			}
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	gaussian, laplace, polya := privacy.RoundedGaussian{Sigma: ratio(32, 1)}, privacy.DiscreteLaplace{A: ratio(1, 9)}, privacy.Polya{A: ratio(1, 9), Shares: 3}
	type plan struct {
		sampled privacy.Sampled
		shared  privacy.Shared
	}
	examples := map[string]func(*privacy.Examples){
		"gradients of 0 values":     func(e *privacy.Examples) { e.Values = 0 },
		"2^31 quanta for a 1":       func(e *privacy.Examples) { e.Bits = 31 },
		"a maximum of 0 examples":   func(e *privacy.Examples) { e.Rows = 0 },
		"no law of noise":           func(e *privacy.Examples) { e.Noise = nil },
		"the limit is 0":            func(e *privacy.Examples) { e.Bound.Limit = 0 },
		`norm "l3"`:                 func(e *privacy.Examples) { e.Bound.Norm = "l3" },
		"a sum could overflow":      func(e *privacy.Examples) { e.Rows = 1 << 62 },
		"bounded in l2, not in l1":  func(e *privacy.Examples) { e.Bound.Norm = privacy.L1 },
		"sigma is 1/2 of a quantum": func(e *privacy.Examples) { e.Noise = privacy.RoundedGaussian{Sigma: ratio(1, 2)} },
		"bounded in l1, not in l2":  nil, // below
		"want rounded Gaussian":     nil,
		"want Skellam or Polya":     nil,
		"0 parts per million":       nil,
		"1000001 parts per million": nil,
		"the divisor is 0":          nil,
		"up to 2147483647":          nil,
	}
	for what, spoil := range examples {
		p := plan{sampledPlan(), sharedPlan()}
		var only string
		switch what {
		case "bounded in l1, not in l2":
			p.sampled.Noise, p.shared.Noise = laplace, polya
		case "want rounded Gaussian":
			p.sampled.Noise, only = privacy.Skellam{Variance: 9, Shares: 1}, "sampled"
		case "want Skellam or Polya":
			p.shared.Noise, only = gaussian, "shared"
		case "0 parts per million":
			p.sampled.Rate, only = 0, "sampled"
		case "1000001 parts per million":
			p.sampled.Rate, only = 1_000_001, "sampled"
		case "the divisor is 0":
			p.sampled.Divisor, only = 0, "sampled"
		case "up to 2147483647":
			p.shared.Rows, only = 1<<27, "shared" // 16 quanta each
		default:
			spoil(&p.sampled.Examples)
			spoil(&p.shared.Examples)
		}
		if only != "shared" {
			_, begun := p.sampled.Begin(noNoise{p.sampled.Noise}, seeded(t, 1))
			_, cost := p.sampled.Release()
			for _, err := range []error{p.sampled.Validate(), begun, cost} {
				if err == nil || !strings.Contains(err.Error(), what) {
					t.Errorf("sampled: got error %v, want %s", err, what)
				}
			}
		}
		if only != "sampled" {
			_, begun := p.shared.Sum(noNoise{p.shared.Noise}, seeded(t, 1), nil)
			_, cost := p.shared.Release()
			for _, err := range []error{p.shared.Validate(), begun, cost} {
				if err == nil || !strings.Contains(err.Error(), what) {
					t.Errorf("shared: got error %v, want %s", err, what)
				}
			}
		}
	}
	// A sampler of another law than the plan's.
	for _, wrong := range []privacy.Sampler{nil, noNoise{privacy.RoundedGaussian{Sigma: ratio(31, 1)}}} {
		if _, err := sampledPlan().Begin(wrong, seeded(t, 1)); !errors.Is(err, privacy.ErrLaw) {
			t.Errorf("got error %v", err)
		}
		if _, err := sharedPlan().Sum(wrong, seeded(t, 1), nil); !errors.Is(err, privacy.ErrLaw) {
			t.Errorf("got error %v", err)
		}
	}
	sum := begin(t, sampledPlan(), sampler(t, sampledPlan().Noise), seeded(t, 1))
	if err := sum.Release(make([]float32, 2)); !errors.Is(err, privacy.ErrExamples) {
		t.Errorf("release of a wrong length: got error %v, want ErrExamples", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a gradient of a wrong length is added without a panic")
		}
	}()
	sum.Add(make([]float32, 2))
}

// The sampler of a law is a table, or is exact if the table would be too large.
func TestSamplersAreTablesWhereTheyCanBe(t *testing.T) {
	for _, l := range []privacy.Law{privacy.RoundedGaussian{Sigma: ratio(32, 1)}, privacy.DiscreteLaplace{A: ratio(1, 10)}, sharedPlan().Noise} {
		if _, ok := sampler(t, l).(*privacy.Table); !ok {
			t.Errorf("%s is not drawn from a table", l)
		}
	}
	wide := privacy.RoundedGaussian{Sigma: ratio(1<<20, 1)}
	noise := sampler(t, wide)
	values := make([]int64, 2000)
	noise.Add(seeded(t, 3), values)
	squares := new(big.Float)
	for _, v := range values {
		if uint64(max(v, -v)) > noise.Largest() {
			t.Errorf("drew %d, the largest magnitude is %d", v, noise.Largest())
		}
		squares.Add(squares, big.NewFloat(float64(v)*float64(v)))
	}
	variance, _ := squares.Float64()
	if z := variance/2000/(1<<40) - 1; noise.Law() != wide || math.Abs(z) > 6*math.Sqrt(2.0/2000) {
		t.Errorf("%s: the measured variance is %v times that of the law", noise.Law(), 1+z)
	}
	for _, l := range []privacy.Law{privacy.RoundedGaussian{}, privacy.Skellam{Variance: 1 << 60, Shares: 1}} {
		if _, err := privacy.NewSampler(l); !errors.Is(err, privacy.ErrLaw) {
			t.Errorf("%s: got error %v", l, err)
		}
	}
}

// BenchmarkAdd measures adding one gradient to a sum, with and without clipping.
func BenchmarkAdd(b *testing.B) {
	for _, values := range []int{650, 7850, 199_210} {
		for name, size := range map[string]float32{"within": 1e-3, "clipped": 1} {
			p := sampledPlan()
			p.Values, p.Bits, p.Bound.Limit = values, 12, 1<<24
			sum := begin(b, p, noNoise{p.Noise}, nil)
			gradient := make([]float32, values)
			for i := range gradient {
				gradient[i] = size * float32(math.Sin(float64(i)))
			}
			b.Run(name+"/"+big.NewInt(int64(values)).String(), func(b *testing.B) {
				for b.Loop() {
					sum.Add(gradient)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*values), "ns/value")
			})
		}
	}
}
