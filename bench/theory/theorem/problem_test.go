package theorem_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/bench/theory/theorem"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// decay is mu in all tests, 0.1.
const decay spec.PPM = 100_000

func digits(t testing.TB) theorem.Problem {
	t.Helper()
	rows, err := theorem.Digits()
	if err != nil {
		t.Fatal(err)
	}
	return problem(t, rows)
}

func problem(t testing.TB, rows data.Table) theorem.Problem {
	t.Helper()
	p, err := theorem.NewProblem(rows, decay)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// random is a small table of three classes.
func random(rows int, seed uint64) data.Table {
	source := rand.New(rand.NewPCG(seed, 1))
	t := data.Table{Features: 4, Classes: 3}
	for range rows {
		for range t.Features {
			t.X = append(t.X, source.Float32())
		}
		t.Y = append(t.Y, source.Int32N(3))
	}
	return t
}

func dot(v, w []float64) (sum float64) {
	for i, x := range v {
		sum += x * w[i]
	}
	return sum
}

func minus(v, w []float64) []float64 {
	d := make([]float64, len(v))
	for i, x := range v {
		d[i] = x - w[i]
	}
	return d
}

func TestDigitsAreShrunk(t *testing.T) {
	p := digits(t)
	if p.Table.Rows() != 448 || p.Table.Features != 16 || p.Table.Classes != 10 {
		t.Fatalf("%d rows of %d features and %d classes", p.Table.Rows(), p.Table.Features, p.Table.Classes)
	}
	for c, n := range p.Table.Counts() {
		if n < 30 || n > 60 {
			t.Errorf("class %d has %d rows", c, n)
		}
	}
	all, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	// Only sharpness is lost: the mean of the first image does not change.
	large, small := float32(0), float32(0)
	for _, x := range data.Shuffle(all, 1).Row(0) {
		large += x
	}
	for _, x := range p.Table.Row(0) {
		small += x
	}
	if large != 4*small {
		t.Errorf("the first image has mean %v, shrunk %v", large/64, small/16)
	}
}

func TestGradientAtOptimumIsZero(t *testing.T) {
	p := digits(t)
	if g := p.Gradient(p.Table, p.Optimum); math.Sqrt(dot(g, g)) > 1e-10 {
		t.Errorf("the norm of the gradient at the optimum is %v: want about 0", math.Sqrt(dot(g, g)))
	}
	t.Logf("mu %v, L %.4f, rate %v, |w*|^2 %.4f", p.Mu, p.L, p.Rate(), p.Distance(make([]float32, len(p.Optimum))))
	if p.Rate() == 0 || float64(p.Rate())/1e6 > 1/p.L || float64(p.Rate())/1e6 < 0.999/p.L {
		t.Errorf("rate %v for L %v", p.Rate(), p.L)
	}
}

// TestGradientIsTheEngines: one step of the engine on all rows, with weight decay, is a step
// against the gradient that is computed here.
func TestGradientIsTheEngines(t *testing.T) {
	p := digits(t)
	source := rand.New(rand.NewPCG(1, 1))
	w, wide := make([]float32, len(p.Optimum)), make([]float64, len(p.Optimum))
	for i := range w {
		w[i] = 2*source.Float32() - 1
		wide[i] = float64(w[i])
	}
	job := train.Job{
		Model:    p.Model(),
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: uint32(p.Table.Rows()), Epochs: 1, Rate: spec.One, WeightDecay: p.Decay(), Arithmetic: spec.ArithmeticStrict},
		Weights:  w,
		Table:    p.Table,
	}
	result, err := train.Engine{}.Train(context.Background(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range p.Gradient(p.Table, wide) {
		if got := wide[i] - float64(result.Weights[i]); math.Abs(got-want) > 1e-6 {
			t.Fatalf("weight %d: the engine steps by %v, the gradient is %v", i, got, want)
		}
	}
}

// TestCurvatureLiesBetweenMuAndL: for any two points, mu |u-v|^2 <= (grad F(u) - grad F(v)) (u-v)
// and L (grad F(u) - grad F(v)) (u-v) >= |grad F(u) - grad F(v)|^2 (Nesterov 2004,
// theorems 2.1.5 and 2.1.9).
func TestCurvatureLiesBetweenMuAndL(t *testing.T) {
	problems := []theorem.Problem{digits(t), problem(t, random(20, 1)), problem(t, random(1, 2))}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(problems).Draw(t, "problem")
		source := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		spread, far := rapid.Float64Range(0, 5).Draw(t, "spread"), rapid.Float64Range(1e-3, 5).Draw(t, "far")
		u, v := make([]float64, len(p.Optimum)), make([]float64, len(p.Optimum))
		for i := range u {
			u[i] = spread * source.NormFloat64()
			v[i] = u[i] + far*source.NormFloat64()
		}
		d, g := minus(u, v), minus(p.Gradient(p.Table, u), p.Gradient(p.Table, v))
		const slack = 1e-9 // of float64
		if dot(g, d) < p.Mu*dot(d, d)*(1-slack) {
			t.Errorf("curvature %v is below mu = %v", dot(g, d)/dot(d, d), p.Mu)
		}
		if dot(g, g) > p.L*dot(g, d)*(1+slack) {
			t.Errorf("curvature %v is above L = %v", dot(g, g)/dot(g, d), p.L)
		}
	})
}

// TestMuIsReached: mu is the smallest curvature, not only a lower bound. In the direction in which
// the same number is added for all classes, only the regulariser is curved.
func TestMuIsReached(t *testing.T) {
	p := digits(t)
	moved := make([]float64, len(p.Optimum))
	for i, v := range p.Optimum {
		moved[i] = v
		if i%p.Table.Features == 3 && i < p.Table.Features*p.Table.Classes {
			moved[i]++
		}
	}
	d, g := minus(moved, p.Optimum), p.Gradient(p.Table, moved)
	if got := dot(g, d) / dot(d, d); math.Abs(got-p.Mu) > 1e-9 {
		t.Errorf("curvature %v, want mu = %v", got, p.Mu)
	}
}

// TestSmoothnessBoundsTheEigenvalue: the bound is at least half the largest eigenvalue, computed by
// power iteration, and only slightly larger.
func TestSmoothnessBoundsTheEigenvalue(t *testing.T) {
	one := data.Table{X: []float32{3, 4}, Y: []int32{0}, Features: 2, Classes: 2}
	if got := theorem.Smoothness(one); got < 13-1e-9 || got > 13*1.002 {
		t.Errorf("one row of squared norm 25: got %v, want 26/2", got)
	}
	for name, rows := range map[string]data.Table{"digits": digits(t).Table, "random": random(50, 3)} {
		x := make([]float64, rows.Features+1)
		for i := range x {
			x[i] = 1
		}
		eigenvalue := 0.0
		for range 1000 {
			next := make([]float64, len(x))
			for r := range rows.Rows() {
				sum := x[rows.Features]
				for j, v := range rows.Row(r) {
					sum += float64(v) * x[j]
				}
				for j, v := range rows.Row(r) {
					next[j] += sum * float64(v) / float64(rows.Rows())
				}
				next[rows.Features] += sum / float64(rows.Rows())
			}
			eigenvalue = math.Sqrt(dot(next, next) / dot(x, x))
			x = next
			for i := range x {
				x[i] /= eigenvalue
			}
		}
		if got := theorem.Smoothness(rows); got < eigenvalue/2*(1-1e-9) || got > eigenvalue/2*1.003 {
			t.Errorf("%s: got %v, half the eigenvalue is %v", name, got, eigenvalue/2)
		}
	}
}

func TestProblemsWithoutOptimum(t *testing.T) {
	broken := random(3, 1)
	broken.Y[2] = 3
	for name, rows := range map[string]data.Table{"no rows": {Features: 1, Classes: 2}, "a label that is no class": broken} {
		if _, err := theorem.NewProblem(rows, decay); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := theorem.NewProblem(random(3, 1), 0); err == nil {
		t.Error("no weight decay: no error")
	}
}
