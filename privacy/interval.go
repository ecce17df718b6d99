package privacy

import "math/big"

// precision is the number of mantissa bits of the arithmetic that makes tables.
const precision = 256

// interval bounds a number that is not negative: low is always rounded down and high up.
// The bits are the same on every machine, because math/big computes with integers.
type interval struct{ low, high *big.Float }

// roundDown is a new float whose operations round down; roundUp one whose operations round
// up.
func roundDown() *big.Float { return new(big.Float).SetPrec(precision).SetMode(big.ToNegativeInf) }
func roundUp() *big.Float   { return new(big.Float).SetPrec(precision).SetMode(big.ToPositiveInf) }

// number is the interval of an integer.
func number(v uint64) interval { return interval{roundDown().SetUint64(v), roundUp().SetUint64(v)} }

func (a interval) plus(b interval) interval {
	return interval{roundDown().Add(a.low, b.low), roundUp().Add(a.high, b.high)}
}

// minus is a - b, for b < a.
func (a interval) minus(b interval) interval {
	return interval{roundDown().Sub(a.low, b.high), roundUp().Sub(a.high, b.low)}
}

func (a interval) times(b interval) interval {
	return interval{roundDown().Mul(a.low, b.low), roundUp().Mul(a.high, b.high)}
}

// over is a / b, for b > 0.
func (a interval) over(b interval) interval {
	return interval{roundDown().Quo(a.low, b.high), roundUp().Quo(a.high, b.low)}
}

// series is the sum of first and of the terms that next computes from their predecessors,
// until they are too small to matter. From there on each term must be at most half of its
// predecessor.
func series(first interval, next func(i uint64, term interval) interval) interval {
	sum, term := first, first
	for i := uint64(1); ; i++ {
		term = next(i, term)
		sum = sum.plus(term)
		if term.high.Sign() == 0 || term.high.MantExp(nil) < sum.low.MantExp(nil)-precision {
			sum.high.Add(sum.high, term.high) // bounds the sum of all later terms
			return sum
		}
	}
}

// expMinus is e^-x: the inverse of e^x, which is the series of e^(x/2^n), squared n times.
func expMinus(x Ratio) interval {
	halvings := uint64(0)
	for x.Num>>halvings >= x.Den/2+1 {
		halvings++
	}
	y := number(x.Num).over(number(x.Den)).over(number(1 << halvings))
	e := series(number(1), func(i uint64, term interval) interval { return term.times(y).over(number(i)) })
	for range halvings {
		e = e.times(e)
	}
	return number(1).over(e)
}
