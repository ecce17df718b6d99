package account_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

// pmf is a distribution on the integers from -reach to reach.
type pmf []float64

const reach = 450

// shifted is the distribution of noise plus a random sum, given by its weights. It leaves
// out integers so far out that values from outside of the range would be shifted to them.
func shifted(noise pmf, sums map[int]float64) pmf {
	const margin = 20
	out := make(pmf, len(noise))
	for sum, weight := range sums {
		for i := margin; i < len(out)-margin; i++ {
			out[i] += weight * noise[i-sum]
		}
	}
	return out
}

func discreteLaplace(a float64) pmf {
	out := make(pmf, 2*reach+1)
	for i := range out {
		out[i] = math.Tanh(a/2) * math.Exp(-a*math.Abs(float64(i-reach)))
	}
	return out
}

func skellam(variance float64) pmf {
	poisson := make([]float64, reach+1)
	for i := range poisson {
		v, _ := math.Lgamma(float64(i) + 1)
		poisson[i] = math.Exp(float64(i)*math.Log(variance/2) - variance/2 - v)
	}
	out := make(pmf, 2*reach+1)
	for i, p := range poisson {
		for j, q := range poisson {
			out[i-j+reach] += p * q
		}
	}
	return out
}

// roundedGaussian is a post-processing of the Gaussian mechanism at integer sums.
func roundedGaussian(sigma float64) pmf {
	out := make(pmf, 2*reach+1)
	for i := range out {
		x := math.Abs(float64(i - reach))
		out[i] = 0.5 * (math.Erfc((x-0.5)/sigma/math.Sqrt2) - math.Erfc((x+0.5)/sigma/math.Sqrt2))
	}
	return out
}

// deltaOf is the delta at an epsilon between steps releases from p and from q.
func deltaOf(p, q pmf, epsilon float64, steps int) (delta float64) {
	if steps == 1 {
		for i := range p {
			delta += math.Max(0, p[i]-math.Exp(epsilon)*q[i])
		}
		return delta
	}
	for i := range p {
		if p[i] > 1e-12 { // omitted terms only make delta smaller
			delta += p[i] * deltaOf(p, q, epsilon-math.Log(p[i]/q[i]), steps-1)
		}
	}
	return delta
}

func renyi(p, q pmf, order float64) float64 {
	sum := 0.0
	for i := range p {
		if p[i] > 1e-280 && q[i] > 1e-280 { // omitted terms only make the divergence smaller
			sum += math.Exp(order*math.Log(p[i]) + (1-order)*math.Log(q[i]))
		}
	}
	return math.Log(sum) / (order - 1)
}

// neighbours are the distributions of one release for every pair of neighbouring data sets:
// over what the unit contributes and, if it matters, what others contribute.
func neighbours(noise pmf, norm int, adjacency cost.Adjacency, sampling account.Sampling) (pairs [][2]pmf) {
	q := 1.0
	if sampling.Rate > 0 {
		q = sampling.Rate
	} else if sampling.Size > 0 {
		q = float64(sampling.Size) / float64(sampling.Population)
	}
	// The unit contributes drawn with probability q; otherwise the sum is without, which is
	// the contribution of another unit or 0.
	mix := func(drawn, without int) pmf {
		sums := map[int]float64{without: 1 - q}
		sums[drawn] += q
		return shifted(noise, sums)
	}
	places := []int{0}
	if sampling.Size > 0 {
		places = []int{-norm, 0, norm}
	}
	for _, place := range places {
		for _, mine := range []int{norm, norm / 2} {
			others := []int{0}
			if adjacency == cost.ReplaceOne {
				others = []int{-norm, 0, norm}
			}
			for _, other := range others {
				p, o := mix(mine, place), mix(other, place)
				pairs = append(pairs, [2]pmf{p, o}, [2]pmf{o, p})
			}
		}
	}
	return pairs
}

// TestNothingLeaksMoreThanIsCounted compares all accountants with the true divergence and
// delta, summed over all outcomes, for all neighbours.
func TestNothingLeaksMoreThanIsCounted(t *testing.T) {
	for _, c := range []struct {
		mechanism account.Mechanism
		noise     pmf
		norm      int
	}{
		{account.DiscreteLaplace{A: 0.3, L1: 4}, discreteLaplace(0.3), 4},
		{account.DiscreteLaplace{A: 1, L1: 1}, discreteLaplace(1), 1},
		{account.Pure{Epsilon: 1.2}, discreteLaplace(0.3), 4},
		{account.Skellam{Variance: 40, L2Squared: 16, L1: 4}, skellam(40), 4},
		{account.Skellam{Variance: 4, L2Squared: 1, L1: 1}, skellam(4), 1},
		{account.Gaussian{Noise: 2.5}, roundedGaussian(10), 4},
	} {
		for _, s := range []account.Sampling{{}, account.Poisson(0.05), account.Poisson(0.9), account.WithoutReplacement(10, 1), account.WithoutReplacement(10, 9)} {
			for _, adjacency := range cost.Adjacencies() {
				plan := account.Plan{Unit: cost.Example, Adjacency: adjacency, Parts: []account.Part{{Mechanism: c.mechanism, Sampling: s, Steps: 1}}}
				if plan.Validate() != nil {
					continue
				}
				twice := plan
				twice.Parts = []account.Part{{Mechanism: c.mechanism, Sampling: s, Steps: 2}}
				name := fmt.Sprint(plan)
				pairs := neighbours(c.noise, c.norm, adjacency, s)
				checkDivergences(t, name, plan, pairs)
				checkDeltas(t, name, plan, pairs, 1)
				checkDeltas(t, name+", twice", twice, pairs, 2)
			}
		}
	}
}

func checkDivergences(t *testing.T, name string, plan account.Plan, pairs [][2]pmf) {
	t.Helper()
	curve, err := plan.Curve([]float64{1.3, 2, 2.5, 3, 5, 8.7, 16, 32})
	if err != nil {
		t.Fatal(err)
	}
	for i, order := range curve.Orders {
		for _, pair := range pairs {
			if true := renyi(pair[0], pair[1], order); true > curve.Divergences[i]*(1+1e-9)+1e-12 {
				t.Errorf("%s: at order %v the true divergence is %v, the bound only %v", name, order, true, curve.Divergences[i])
			}
		}
	}
}

func checkDeltas(t *testing.T, name string, plan account.Plan, pairs [][2]pmf, steps int) {
	t.Helper()
	for _, epsilon := range []float64{0.1, 1} {
		worst := 0.0
		for _, pair := range pairs {
			worst = math.Max(worst, deltaOf(pair[0], pair[1], epsilon, steps))
		}
		for _, a := range account.Accountants() {
			counted, err := plan.DeltaBy(a, epsilon)
			if err == nil && worst > counted.Delta*(1+1e-9)+1e-14 {
				t.Errorf("%s: at epsilon %v the true delta is %v, the bound of %s only %v", name, epsilon, worst, a, counted.Delta)
			}
		}
	}
}

// TestOneCoordinateIsTheWorst: with Laplace noise, a norm that is split over two coordinates
// leaks no more than the whole norm in one coordinate.
func TestOneCoordinateIsTheWorst(t *testing.T) {
	for _, split := range [][2]int64{{1, 1}, {3, 1}, {5, 4}} {
		for _, epsilon := range []float64{0.01, 0.5, 1.3} {
			for name, plans := range map[string][2]account.Plan{
				"laplace": {
					{Parts: []account.Part{
						{Mechanism: account.Laplace{Epsilon: 0.2 * float64(split[0])}, Steps: 1},
						{Mechanism: account.Laplace{Epsilon: 0.2 * float64(split[1])}, Steps: 1},
					}},
					steps(1, account.Laplace{Epsilon: 0.2 * float64(split[0]+split[1])}, account.Sampling{}),
				},
				"discrete": {
					{Parts: []account.Part{
						{Mechanism: account.DiscreteLaplace{A: 0.2, L1: split[0]}, Steps: 1},
						{Mechanism: account.DiscreteLaplace{A: 0.2, L1: split[1]}, Steps: 1},
					}},
					steps(1, account.DiscreteLaplace{A: 0.2, L1: split[0] + split[1]}, account.Sampling{}),
				},
			} {
				plans[0].Unit, plans[0].Adjacency = cost.Example, cost.AddRemove
				two, err := plans[0].DeltaBy(account.PLD, epsilon)
				if err != nil {
					t.Fatal(err)
				}
				one, err := plans[1].DeltaBy(account.PLD, epsilon)
				if err != nil {
					t.Fatal(err)
				}
				if two.Delta > one.Delta*(1+1e-4)+1e-12 {
					t.Errorf("%s, norm %v, epsilon %v: delta %v in two coordinates, want at most %v, as in one", name, split, epsilon, two.Delta, one.Delta)
				}
			}
		}
	}
}

// TestTinyLossesAreCounted: if the epsilon of a step is so small that the formula of its
// moments is a difference of nearly equal numbers, the result is still not too small. The
// test's lower bound is the first terms of the Taylor series.
func TestTinyLossesAreCounted(t *testing.T) {
	orders := []float64{1.1, 1.5, 2, 3, 7.3, 16, 64, 1024}
	for _, epsilon := range []float64{1e-9, 1e-8, 3e-8, 1e-7, 1e-6, 1e-5} {
		for _, m := range []account.Mechanism{
			account.Laplace{Epsilon: epsilon}, account.Pure{Epsilon: epsilon}, account.DiscreteLaplace{A: epsilon, L1: 1},
		} {
			got, err := steps(1, m, account.Sampling{}).Curve(orders)
			if err != nil {
				t.Fatal(err)
			}
			for i, order := range orders {
				x := (order - 0.5) * epsilon
				least := order*(epsilon*epsilon/2-epsilon*epsilon*epsilon/6) - x*x*x*x/12/(order-1)
				if got.Divergences[i] < least || got.Divergences[i] > order*epsilon*epsilon/2*(1+1e-10) {
					t.Errorf("%v, order %v: got divergence %.17g, want at least %.17g and at most slightly more", m, order, got.Divergences[i], least)
				}
			}
		}
	}
}

// TestGaussianIsNeverPure: a delta that underflows is not reported as 0.
func TestGaussianIsNeverPure(t *testing.T) {
	p := steps(1, account.Gaussian{Noise: 1}, account.Sampling{})
	sound, err := p.Sound()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range sound {
		if got, err := p.DeltaBy(a, 100); err != nil || got.Delta <= 0 {
			t.Errorf("%s: got %v (error %v), want a delta above 0", a, got, err)
		}
	}
}

// TestPLDIsNotBelowExact: for composed Gaussians PLD is never below the exact delta, however
// small that is.
func TestPLDIsNotBelowExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := account.Plan{Unit: cost.Example, Adjacency: rapid.SampledFrom(cost.Adjacencies()).Draw(t, "adjacency")}
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			p.Parts = append(p.Parts, account.Part{
				Mechanism: account.Gaussian{Noise: logarithmic(0.3, 100).Draw(t, "noise")},
				Steps:     rapid.IntRange(1, 10_000).Draw(t, "steps"),
			})
		}
		exact, ok := epsilonBy(t, p, account.Exact, logarithmic(1e-200, 0.3).Draw(t, "delta"))
		if !ok || exact == 0 {
			return
		}
		truth, _ := deltaBy(t, p, account.Exact, exact)
		if got, ok := deltaBy(t, p, account.PLD, exact); ok && got < truth*(1-1e-8) {
			t.Errorf("at epsilon %v the exact delta is %v, the bound of pld only %v: %v", exact, truth, got, p)
		}
	})
}

// TestSampledStepIsNotBelowTruth: the exact delta of one step of a sampled Gaussian is known,
// and no accountant is below it.
func TestSampledStepIsNotBelowTruth(t *testing.T) {
	above := func(x float64) float64 { return math.Erfc(x/math.Sqrt2) / 2 }
	rapid.Check(t, func(t *rapid.T) {
		rate, noise := logarithmic(1e-6, 1).Draw(t, "rate"), logarithmic(0.1, 50).Draw(t, "noise")
		epsilon := logarithmic(1e-3, 100).Draw(t, "epsilon")
		mu := 1 / noise
		loss := math.Log1p(math.Expm1(epsilon) / rate)
		with, without := above(loss/mu-mu/2), above(loss/mu+mu/2)
		if without < 1e-290 {
			return // underflow: the difference below would be inaccurate
		}
		removed := rate * (with - math.Exp(loss)*without)
		p := steps(1, account.Gaussian{Noise: noise}, account.Poisson(rate))
		for _, a := range []account.Accountant{account.PLD, account.RDP} {
			if got, ok := deltaBy(t, p, a, epsilon); ok && got < removed-1e-8*rate*with {
				t.Errorf("at epsilon %v the exact delta is %v, the bound of %s only %v: %v", epsilon, removed, a, got, p)
			}
		}
	})
}
