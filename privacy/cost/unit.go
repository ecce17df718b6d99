package cost

import (
	"fmt"
	"slices"
	"strings"
)

// Unit is what a guarantee protects: two data sets that differ in one unit cannot be told
// apart. A guarantee without its unit is incomplete.
type Unit string

// The units of privacy.
const (
	Example     Unit = "example"      // one row
	Client      Unit = "client"       // all rows of one owner's data set
	DataSubject Unit = "data-subject" // all rows about one person; needs a bound on their number
)

// Units lists every unit, the smallest first.
func Units() []Unit { return []Unit{Example, Client, DataSubject} }

// ParseUnit reads a unit's name.
func ParseUnit(s string) (Unit, error) { return parse("unit", s, Units()) }

// Valid reports whether u is a unit. The empty one is not.
func (u Unit) Valid() bool { return valid(u, Units()) }

// String is the unit's name.
func (u Unit) String() string { return string(u) }

// UnmarshalText implements [encoding.TextUnmarshaler]; it refuses other names.
func (u *Unit) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUnit(string(text))
	return err
}

// Adjacency says how two neighbouring data sets differ in one unit. It decides how far
// apart their sums can be, see [Adjacency.Stretch].
type Adjacency string

// The adjacencies.
const (
	// ZeroOut: one unit's contribution is replaced by zeros. The number of units is public,
	// as on a chain that lists the participants.
	ZeroOut Adjacency = "zero-out"
	// AddRemove: one unit is in one data set and not in the other. The number of units must
	// then be secret.
	AddRemove Adjacency = "add-remove"
	// ReplaceOne: one unit is replaced by any other.
	ReplaceOne Adjacency = "replace-one"
)

// Adjacencies lists every adjacency, the usual one first.
func Adjacencies() []Adjacency { return []Adjacency{ZeroOut, AddRemove, ReplaceOne} }

// ParseAdjacency reads an adjacency's name.
func ParseAdjacency(s string) (Adjacency, error) { return parse("adjacency", s, Adjacencies()) }

// Valid reports whether a is an adjacency. The empty one is not.
func (a Adjacency) Valid() bool { return valid(a, Adjacencies()) }

// String is the adjacency's name.
func (a Adjacency) String() string { return string(a) }

// UnmarshalText implements [encoding.TextUnmarshaler]; it refuses other names.
func (a *Adjacency) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAdjacency(string(text))
	return err
}

// Stretch is the largest distance between two neighbouring sums divided by the bound on one
// unit's norm, in any norm: 2 if a unit may be replaced by another one, which may be its
// opposite, otherwise 1. The bound on a square is multiplied by the square of Stretch. An
// unknown adjacency gets 2, the safe value.
func (a Adjacency) Stretch() uint64 {
	if a == ZeroOut || a == AddRemove {
		return 1
	}
	return 2
}

func parse[W ~string](kind, s string, words []W) (W, error) {
	if valid(W(s), words) {
		return W(s), nil
	}
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = string(w)
	}
	return "", fmt.Errorf("no %s of privacy is called %q: want one of %s", kind, s, strings.Join(names, ", "))
}

func valid[W ~string](word W, words []W) bool { return slices.Contains(words, word) }
