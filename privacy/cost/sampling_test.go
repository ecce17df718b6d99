package cost_test

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy/cost"
)

// pmf is a distribution on the integers k = -reach..reach; k has probability pmf[reach+k].
type pmf []float64

func (p pmf) at(k int) float64 {
	if k += len(p) / 2; k < 0 || k >= len(p) {
		return 0
	}
	return p[k]
}

func lawOf(reach int, p func(k int) float64) pmf {
	law := make(pmf, 2*reach+1)
	for k := -reach; k <= reach; k++ {
		law[reach+k] = p(k)
	}
	return law
}

func discreteLaplace(rate float64) pmf {
	return lawOf(int(60/rate), func(k int) float64 { return math.Tanh(rate/2) * math.Exp(-rate*math.Abs(float64(k))) })
}

func roundedGaussian(sigma float64) pmf {
	return lawOf(int(20*sigma), func(k int) float64 {
		x := math.Abs(float64(k)) / (sigma * math.Sqrt2)
		half := 0.5 / (sigma * math.Sqrt2)
		return (math.Erfc(x-half) - math.Erfc(x+half)) / 2
	})
}

func skellam(variance float64) pmf {
	mean := variance / 2
	poisson := func(n int) float64 {
		g, _ := math.Lgamma(float64(n + 1))
		return math.Exp(float64(n)*math.Log(mean) - mean - g)
	}
	most := int(mean + 40*math.Sqrt(mean) + 100)
	return lawOf(int(20*math.Sqrt(variance)), func(k int) (sum float64) {
		for n := range most {
			sum += poisson(n) * poisson(n+max(k, -k))
		}
		return sum
	})
}

// mixed is the law of a release whose sum is moved by shift with probability q, when the
// unit takes part, and else by other.
func (p pmf) mixed(q float64, other, shift int) func(int) float64 {
	return func(k int) float64 { return (1-q)*p.at(k-other) + q*p.at(k-shift) }
}

// renyi is the Renyi divergence of order alpha of p from q, as a sum over the range.
func renyi(alpha float64, p, q func(int) float64, reach int) float64 {
	sum := 0.0
	for k := -reach; k <= reach; k++ {
		if a, b := p(k), q(k); a > 1e-280 && b > 1e-280 {
			sum += math.Exp(alpha*math.Log(a) + (1-alpha)*math.Log(b))
		}
	}
	return math.Log(sum) / (alpha - 1)
}

// TestSampledReleasesAreBounded computes the true divergence of sampled releases in one
// dimension, in both directions: none is above its cost.
func TestSampledReleasesAreBounded(t *testing.T) {
	rational := func(n, d uint64) cost.Fraction { return cost.Fraction{Num: n, Den: d} }
	for _, c := range []struct {
		name  string
		noise cost.Noise
		law   pmf
		norm  int
	}{
		{"rounded Gaussian", cost.Gaussian{Sigma: rational(4, 1)}, roundedGaussian(4), 4},
		{"narrow rounded Gaussian", cost.Gaussian{Sigma: rational(1, 1)}, roundedGaussian(1), 1},
		{"Skellam", cost.Skellam{Variance: rational(16, 1)}, skellam(16), 4},
		{"wide Skellam", cost.Skellam{Variance: rational(100, 1)}, skellam(100), 5},
		{"discrete Laplace", cost.Laplace{Rate: rational(1, 10)}, discreteLaplace(0.1), 10},
		{"coarse discrete Laplace", cost.Laplace{Rate: rational(1, 1)}, discreteLaplace(1), 1},
	} {
		bounds := cost.Norm{L1: uint64(c.norm), L2Squared: uint64(c.norm * c.norm)}
		reach := len(c.law)/2 + 2*c.norm
		for _, ppm := range []uint32{10_000, 300_000, 900_000} {
			q := float64(ppm) / 1e6
			worst := map[cost.Adjacency]cost.Curve{}
			for _, adjacency := range cost.Adjacencies() {
				m := cost.Mechanism{Noise: c.noise, Norm: bounds, Adjacency: adjacency, Sampling: cost.Sampling{Poisson: ppm}}
				amount, err := m.Cost()
				if err != nil {
					t.Fatal(err)
				}
				worst[adjacency] = amount.Curve
			}
			fixed := cost.Mechanism{Noise: c.noise, Norm: bounds, Adjacency: cost.ZeroOut, Sampling: cost.Sampling{Take: uint64(ppm), Of: 1_000_000}}
			amount, err := fixed.Cost()
			if err != nil {
				t.Fatal(err)
			}
			for i, order := range cost.Orders() {
				if order > 13 { // float64 is too inaccurate for larger ones
					break
				}
				within := func(what string, bound cost.Nano, p, q func(int) float64) {
					t.Helper()
					for _, loss := range []float64{renyi(float64(order), p, q, reach), renyi(float64(order), q, p, reach)} {
						if loss > float64(bound)/1e9+1e-9 {
							t.Errorf("%s, %s, rate %g, order %d: the true loss is %.9f, the cost only %.9f", c.name, what, float64(ppm)/1e6, order, loss, float64(bound)/1e9)
						}
					}
				}
				with, without := c.law.mixed(q, 0, c.norm), c.law.mixed(q, 0, 0)
				within("missing", worst[cost.ZeroOut][i], with, without)
				within("missing", worst[cost.AddRemove][i], with, without)
				for _, v := range []int{-c.norm, 0, c.norm / 2} {
					within("replaced", worst[cost.ReplaceOne][i], with, c.law.mixed(q, 0, v))
					for _, third := range []int{-c.norm, 0, c.norm} { // takes the place of the unit if it is not drawn
						within("a sample of fixed size", amount.Curve[i], c.law.mixed(q, third, c.norm), c.law.mixed(q, third, v))
					}
				}
			}
		}
	}
}

// TestEveryValidSettingHasACost draws settings from their whole ranges: every valid one has
// a cost or is refused with ErrOverflow, and Poisson sampling costs at most as much as no
// sampling.
func TestEveryValidSettingHasACost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := func(name string) uint64 {
			return rapid.Uint64Range(1, 1<<rapid.SampledFrom([]uint{0, 1, 4, 12, 24, 40, 63}).Draw(t, "up to")).Draw(t, name)
		}
		fraction := cost.Fraction{Num: number("numerator"), Den: number("denominator")}
		m := cost.Mechanism{
			Noise:     rapid.SampledFrom([]cost.Noise{cost.Gaussian{Sigma: fraction}, cost.Skellam{Variance: fraction}, cost.Laplace{Rate: fraction}}).Draw(t, "noise"),
			Norm:      cost.Norm{L1: number("L1"), L2Squared: number("L2Squared")},
			Adjacency: rapid.SampledFrom(cost.Adjacencies()).Draw(t, "adjacency"),
		}
		fixed := m.Adjacency != cost.AddRemove && rapid.Bool().Draw(t, "fixed number")
		if fixed {
			m.Sampling.Of = number("of")
			m.Sampling.Take = rapid.Uint64Range(1, m.Sampling.Of).Draw(t, "take")
		} else {
			m.Sampling.Poisson = uint32(rapid.Uint64Range(1, 999_999).Draw(t, "rate"))
		}
		amount, err := m.Cost()
		if errors.Is(err, cost.ErrOverflow) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if amount.Zero() {
			t.Fatal("a release costs nothing")
		}
		if fixed {
			return
		}
		whole := cost.Unsampled(m.Noise, m.Norm, m.Adjacency)
		for i, order := range cost.Orders() {
			if amount.Curve[i] > whole[i]+1 {
				t.Fatalf("order %d: divergence %d with sampling, %d without", order, amount.Curve[i], whole[i])
			}
		}
	})
}
