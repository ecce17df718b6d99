package spec

import "fmt"

// The token. Everything is counted in uthing; people read THING.
const (
	Denom = "uthing"
	// Thing is one THING in uthing.
	Thing uint64 = 1_000_000
	// Cap is the largest supply there may ever be, in uthing: a billion THING.
	Cap = 1_000_000_000 * Thing
	// AddressPrefix begins every account's address: althing1...
	AddressPrefix = "althing"
)

// ParseThing reads an amount of THING, a decimal with at most six digits behind the point,
// and returns it in uthing. It refuses more than [Cap].
func ParseThing(s string) (uint64, error) {
	n, err := millionths(s, 64)
	if n > Cap { // also where it does not fit
		return 0, fmt.Errorf("%q is more THING than there can be: want at most %d", s, Cap/Thing)
	}
	return n, err
}
