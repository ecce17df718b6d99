package privacy

import "math/big"

// The weights of shares are computed from ratios R(k) of the weight of k+1 to the weight
// of k. A recurrence gives R(k-1) from R(k). It begins far out in the tail with bounds on R,
// which become narrower on the way down. docs/privacy-proofs.md has the recurrences and the proof
// of the bounds. How far out the recurrence begins decides only how narrow the intervals
// become; the table measures that.

func (d DiscreteLaplace) reach() uint64 { return Polya{A: d.A}.reach() }

func (d DiscreteLaplace) weights(last uint64) ([]interval, func(int) *big.Float) {
	return Polya{A: d.A, Shares: 1}.weights(last)
}

// reach is above 78/a: larger values have a probability of at most 2^-112. The excess lets
// the bounds become narrow.
func (p Polya) reach() uint64 { return 140*p.A.Den/p.A.Num + 64 }

// weights f(k) satisfy, with p = e^-a and r = 1/shares,
// p (k+1-r) f(k+1) = (1+p^2) k f(k) - p (k-1+r) f(k-1).
func (p Polya) weights(last uint64) ([]interval, func(int) *big.Float) {
	decay, shares := expMinus(p.A), uint64(p.Shares)
	squares := number(1).plus(decay.times(decay))
	ratios := make([]interval, last+1) // of f(k+1) to f(k)
	start := decay.times(number(shares*last + 1)).over(number(shares * (last + 1)))
	ratios[last] = interval{start.low, decay.high}
	for k := last; k > 0; k-- {
		next := decay.times(number(shares*(k+1) - 1)).times(ratios[k])
		ratios[k-1] = decay.times(number(shares*(k-1) + 1)).over(squares.times(number(shares * k)).minus(next))
	}
	return weightsFromRatios(ratios), func(int) *big.Float { return decay.high }
}

// reach is above 13 standard deviations: larger values have a probability below 2^-112. If
// the variance is small, 64 values are enough. The excess lets the bounds become narrow.
func (s Skellam) reach() uint64 { return 18*rootAbove(s.Variance, uint64(s.Shares)) + 64 }

// weights are modified Bessel functions: P(k) = e^-v I(k, v) with v = variance/shares, and
// I(k-1) = I(k+1) + (2k/v) I(k).
func (s Skellam) weights(last uint64) ([]interval, func(int) *big.Float) {
	v := number(s.Variance).over(number(uint64(s.Shares)))
	over := number(1).over(v)
	ratios := make([]interval, last+1) // of I(k+1) to I(k), which fall with k
	// So each is at most 1/(1 + k/v) and, by the recurrence, not much less.
	high := number(1).over(number(1).plus(number(last).times(over)))
	low := number(1).over(high.plus(number(2 * (last + 1)).times(over)))
	ratios[last] = interval{low.low, high.high}
	for k := last; k > 0; k-- {
		ratios[k-1] = number(1).over(ratios[k].plus(number(2 * k).times(over)))
	}
	return weightsFromRatios(ratios), func(k int) *big.Float { return ratios[k].high }
}

// weightsFromRatios are the weights with these ratios, the first of which is 1.
func weightsFromRatios(ratios []interval) []interval {
	w := make([]interval, len(ratios))
	w[0] = number(1)
	for k := range len(ratios) - 1 {
		w[k+1] = w[k].times(ratios[k])
	}
	return w
}

func (g RoundedGaussian) reach() uint64 { return 13*(g.Sigma.Num/g.Sigma.Den+1) + 8 }

// weights: up to a common factor, P(k) is the integral of e^(-c (k+u)^2) over u from -1/2
// to 1/2, with c = 1/(2 sigma^2). That is e^(-c k^2) times the integral of
// cosh(2cku) e^(-c u^2), which is the sum over j of (2ck)^(2j) / (2j)! times the j-th
// moment.
func (g RoundedGaussian) weights(last uint64) ([]interval, func(int) *big.Float) {
	num, den := g.Sigma.Num*g.Sigma.Num, g.Sigma.Den*g.Sigma.Den
	twice := number(den).over(number(num)) // 2c
	step := expMinus(Ratio{den, 2 * num})  // e^(-c (2k+1)), the ratio of e^(-c (k+1)^2) to e^(-c k^2)
	fall := step.times(step)
	peak := number(1)
	var m moments
	w := make([]interval, last+1)
	for k := range w {
		x := twice.times(number(uint64(k)))
		x = x.times(x)
		power := number(1)
		w[k] = peak.times(series(m.at(0, twice), func(j uint64, _ interval) interval {
			power = power.times(x)
			return power.times(m.at(j, twice))
		}))
		peak, step = peak.times(step), step.times(fall)
	}
	return w, func(k int) *big.Float { return w[k+1].over(w[k]).high } // the law is log-concave
}

// moments has at index j the integral of u^(2j) e^(c (1/4 - u^2)) over u from -1/2 to 1/2,
// divided by (2j)!. The factor e^(c/4) keeps all terms positive: e^(c (1/4 - u^2)) is the
// sum over i of c^i/i! (1/4 - u^2)^i, and the integral of u^(2j) (1/4 - u^2)^i is a beta
// function.
type moments []interval

func (m *moments) at(j uint64, twice interval) interval {
	for n := uint64(len(*m)); n <= j; n++ {
		first := number(1).over(number(2*n + 1)) // i = 0: 4^-n / ((2n+1) (2n)!)
		for i := range n {
			first = first.over(number(4 * (2*i + 1) * (2*i + 2)))
		}
		*m = append(*m, series(first, func(i uint64, term interval) interval {
			// i / (2 (2n+1+2i)) for the beta function, times c/i
			return term.times(twice).over(number(4 * (2*n + 1 + 2*i)))
		}))
	}
	return (*m)[j]
}

// rootAbove is above the square root of num/den, by at most 2.
func rootAbove(num, den uint64) uint64 {
	return new(big.Int).Sqrt(new(big.Int).SetUint64(num/den)).Uint64() + 1
}
