package account

import "math"

// Answers are raised by these after the last operation, so that rounding errors never
// make them too small. Each is well above the error of all operations before it;
// docs/privacy-proofs.md has the error analysis.
const (
	// relativeSlack covers a few hundred operations and calls of the standard library on
	// numbers of the same sign.
	relativeSlack = 1e-11
	// absoluteSlack covers the logarithm of a sum near 1 with terms of both signs.
	absoluteSlack = 4e-14
)

// up raises a number by the relative slack.
func up(x float64) float64 { return math.Nextafter(x+math.Abs(x)*relativeSlack, math.Inf(1)) }

// logAdd is ln(e^a + e^b).
func logAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) || math.IsInf(a, 1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// logSub is ln(e^a - e^b); NaN if b > a.
func logSub(a, b float64) float64 {
	if math.IsInf(b, -1) {
		return a
	}
	return a + log1mExp(a-b)
}

// log1mExp is ln(1 - e^-x), for x >= 0.
func log1mExp(x float64) float64 {
	if x < math.Ln2 {
		return math.Log(-math.Expm1(-x))
	}
	return math.Log1p(-math.Exp(-x))
}

// logExpm1 is ln(e^x - 1), for x >= 0.
func logExpm1(x float64) float64 { return x + log1mExp(x) }

// logBinomial is ln(n choose k), for real n and an integer k <= n.
func logBinomial(n, k float64) float64 { return logGamma(n+1) - logGamma(k+1) - logGamma(n-k+1) }

func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// above is the probability that a standard normal variable exceeds x.
func above(x float64) float64 { return 0.5 * math.Erfc(x/math.Sqrt2) }

// logAbove is ln(above(x)), also if above(x) underflows.
func logAbove(x float64) float64 {
	if x < 0 {
		return math.Log(above(x))
	}
	return math.Log(mills(x)) - x*x/2
}

// mills is above(x) exp(x^2/2), for x >= 0. From 25 on it is computed with the asymptotic
// series of erfc (Abramowitz and Stegun 7.1.23), whose error there is at most 1e-14.
func mills(x float64) float64 {
	if x < 25 {
		return above(x) * math.Exp(x*x/2)
	}
	y := 1 / (x * x)
	return (1 + y*(-1+y*(3+y*(-15+y*(105-y*945))))) / (x * math.Sqrt(2*math.Pi))
}

// ulp bounds the relative error of one operation.
const ulp = 0x1p-53

func nextUp(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }

// log1pExp is ln(1 + e^x).
func log1pExp(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// argmin is the argument between low and high at which f is smallest, by golden-section
// search. f must fall and then rise.
func argmin(low, high float64, rounds int, f func(float64) float64) float64 {
	const section = 0.6180339887498949
	a, b := high-section*(high-low), low+section*(high-low)
	fa, fb := f(a), f(b)
	for range rounds {
		if fa <= fb {
			high, b, fb = b, a, fa
			a = high - section*(high-low)
			fa = f(a)
		} else {
			low, a, fa = a, b, fb
			b = low + section*(high-low)
			fb = f(b)
		}
	}
	if fa <= fb {
		return a
	}
	return b
}
