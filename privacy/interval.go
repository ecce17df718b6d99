package privacy

import "math/big"

// precision is that of the arithmetic in which tables are made: bits of a mantissa.
const precision = 256

// interval holds a number that is not negative, in two numbers of math/big, of which
// one rounds down and the other up. The same bits come out on every machine.
type interval struct{ low, high *big.Float }

func lower() *big.Float { return new(big.Float).SetPrec(precision).SetMode(big.ToNegativeInf) }
func upper() *big.Float { return new(big.Float).SetPrec(precision).SetMode(big.ToPositiveInf) }

func number(v uint64) interval { return interval{lower().SetUint64(v), upper().SetUint64(v)} }

func (a interval) plus(b interval) interval {
	return interval{lower().Add(a.low, b.low), upper().Add(a.high, b.high)}
}

// minus is for a b that is less than a.
func (a interval) minus(b interval) interval {
	return interval{lower().Sub(a.low, b.high), upper().Sub(a.high, b.low)}
}

func (a interval) times(b interval) interval {
	return interval{lower().Mul(a.low, b.low), upper().Mul(a.high, b.high)}
}

// over is for a b that is not zero.
func (a interval) over(b interval) interval {
	return interval{lower().Quo(a.low, b.high), upper().Quo(a.high, b.low)}
}

// series is the sum of a first term and those that next makes of each, until they no
// longer count; from there on each is at most half the one before it.
func series(first interval, next func(i uint64, term interval) interval) interval {
	sum, term := first, first
	for i := uint64(1); ; i++ {
		term = next(i, term)
		sum = sum.plus(term)
		if term.high.Sign() == 0 || term.high.MantExp(nil) < sum.low.MantExp(nil)-precision {
			sum.high.Add(sum.high, term.high) // all that follow together
			return sum
		}
	}
}

// expMinus is e^-x: its inverse is a series of 1/2^n of x, squared n times.
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
