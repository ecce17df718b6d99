package account

import "math"

// Rounding: an answer is raised by these after its last operation, so that what
// floating point lost on the way is not lost to whoever is protected. Each is
// well above what the operations before it can lose; docs/privacy-proofs.md has the count.
const (
	// relativeSlack covers what functions of the standard library lose in a few
	// hundred operations on numbers of one sign.
	relativeSlack = 1e-11
	// absoluteSlack covers a logarithm of a sum near 1 with terms of both signs.
	absoluteSlack = 4e-14
)

// up raises a number that is not negative by the relative slack.
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

// logSub is ln(e^a - e^b); NaN where b is more than a.
func logSub(a, b float64) float64 {
	if math.IsInf(b, -1) {
		return a
	}
	return a + log1mExp(a-b)
}

// log1mExp is ln(1 - e^-x) for x from 0 on.
func log1mExp(x float64) float64 {
	if x < math.Ln2 {
		return math.Log(-math.Expm1(-x))
	}
	return math.Log1p(-math.Exp(-x))
}

// logExpm1 is ln(e^x - 1) for x from 0 on.
func logExpm1(x float64) float64 { return x + log1mExp(x) }

// logBinomial is ln(n choose k); n is real, k an integer up to n.
func logBinomial(n, k float64) float64 { return logGamma(n+1) - logGamma(k+1) - logGamma(n-k+1) }

func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// above is the probability that a standard normal variable exceeds x.
func above(x float64) float64 { return 0.5 * math.Erfc(x/math.Sqrt2) }

// logAbove is ln(above(x)), also where that is too small for a float64.
func logAbove(x float64) float64 {
	if x < 0 {
		return math.Log(above(x))
	}
	return math.Log(mills(x)) - x*x/2
}

// mills is above(x) exp(x^2/2), for x from 0 on. From 25 on it is the asymptotic
// series of erfc (Abramowitz and Stegun 7.1.23), good to 1e-14 there.
func mills(x float64) float64 {
	if x < 25 {
		return above(x) * math.Exp(x*x/2)
	}
	y := 1 / (x * x)
	return (1 + y*(-1+y*(3+y*(-15+y*(105-y*945))))) / (x * math.Sqrt(2*math.Pi))
}

// ulp is the relative error of one operation.
const ulp = 0x1p-53

func nextUp(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }

// log1pExp is ln(1 + e^x).
func log1pExp(x float64) float64 {
	if x > 0 {
		return x + math.Log1p(math.Exp(-x))
	}
	return math.Log1p(math.Exp(x))
}

// least finds the argument between low and high at which f is least, by golden
// sections; f falls and then rises.
func least(low, high float64, rounds int, f func(float64) float64) float64 {
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
