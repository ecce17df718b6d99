package view

import (
	"math"
	"strconv"
	"strings"
)

// EpsilonText is an epsilon with at most six decimals, like the ledger's, rounded up.
func EpsilonText(epsilon float64) string {
	const million = 1_000_000
	if scaled := epsilon * million; million < scaled && scaled < 1<<50 {
		return strconv.FormatFloat(math.Ceil(scaled*(1-floatError))/million, 'f', -1, 64)
	}
	return SixDigits(epsilon)
}

// SixDigits is a number with at most six significant digits, rounded up.
func SixDigits(x float64) string {
	text := strconv.FormatFloat(Rounded(x*(1-floatError), 6, true), 'g', -1, 64)
	return strings.Replace(text, "e-0", "e-", 1)
}

// floatError is the largest relative error that floating point may have added to a number
// that is shown. It is taken off before rounding up, so that it adds no digit.
const floatError = 1e-12

// Rounded is x rounded to a number of significant digits: up if up is true, else down.
func Rounded(x float64, digits int, up bool) float64 {
	near := nearest(x, digits)
	if near == x || near > x == up {
		return near
	}
	lastDigit := math.Pow10(int(math.Floor(math.Log10(x))) - digits + 1)
	if !up {
		lastDigit = -lastDigit
	}
	return nearest(near+lastDigit, digits)
}

// nearest is x rounded to the nearest number with digits significant digits.
func nearest(x float64, digits int) float64 {
	near, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	if err != nil {
		return x
	}
	return near
}
