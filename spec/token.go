package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// The token. The network counts in uthing, people read THING.
const (
	Denom = "uthing"
	// Thing is one THING in uthing.
	Thing uint64 = 1_000_000
	// Cap is the largest supply that can ever exist, in uthing: a billion THING.
	Cap = 1_000_000_000 * Thing
	// AddressPrefix begins every account's address: althing1...
	AddressPrefix = "althing"
)

// ParseThing reads an amount of THING, a decimal with at most six digits after the point,
// and returns it in uthing. An amount above [Cap] is an error.
func ParseThing(s string) (uint64, error) {
	n, err := millionths(s, 64)
	if n > Cap { // ParseUint returns the largest number if the amount does not fit
		return 0, fmt.Errorf("%.64q: more THING than there can ever be: want at most %d", s, Cap/Thing)
	}
	return n, err
}

// Money returns an amount of uthing in THING, as errors and pages show it: "1.5 THING".
func Money(uthing uint64) string { return MoneyOf(strconv.FormatUint(uthing, 10)) }

// MoneyOf returns an amount of uthing in THING, like [Money]. The amount is in decimal digits
// and may exceed 64 bits.
func MoneyOf(digits string) string { return thing(digits) + " THING" }

// thing converts an amount from uthing to THING, both in decimal digits.
func thing(digits string) string {
	const places = 6 // of a millionth
	digits = strings.Repeat("0", max(0, places+1-len(digits))) + digits
	point := len(digits) - places
	return strings.TrimSuffix(strings.TrimRight(digits[:point]+"."+digits[point:], "0"), ".")
}
