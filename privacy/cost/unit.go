package cost

import (
	"fmt"
	"slices"
	"strings"
)

// Unit is what a guarantee protects: what two data sets differ in that must not be
// told apart. No guarantee is complete without it.
type Unit string

// The units of privacy.
const (
	Example     Unit = "example"      // one row
	Client      Unit = "client"       // all rows of one owner's data set
	DataSubject Unit = "data-subject" // all rows about one person; needs a bound on how many there are
)

// Units lists every unit, the smallest first.
func Units() []Unit { return []Unit{Example, Client, DataSubject} }

// ParseUnit reads the word for a unit.
func ParseUnit(s string) (Unit, error) { return parse("unit", s, Units()) }

// Valid reports whether u is a unit. The empty one is not.
func (u Unit) Valid() bool { return valid(u, Units()) }

// String is the word for the unit.
func (u Unit) String() string { return string(u) }

// UnmarshalText implements [encoding.TextUnmarshaler]; it refuses other words.
func (u *Unit) UnmarshalText(text []byte) (err error) {
	*u, err = ParseUnit(string(text))
	return err
}

// Adjacency is how two neighbouring data sets differ in one unit. It decides how
// far apart their sums may lie, see [Adjacency.Stretch].
type Adjacency string

// The adjacencies.
const (
	// ZeroOut: one unit's contribution is replaced by zeros. How many units there are
	// is public, as it is where participants stand on a chain.
	ZeroOut Adjacency = "zero-out"
	// AddRemove: one unit is in one data set and not in the other. How many there are
	// must then be hidden too.
	AddRemove Adjacency = "add-remove"
	// ReplaceOne: one unit is replaced by any other.
	ReplaceOne Adjacency = "replace-one"
)

// Adjacencies lists every adjacency, the usual one first.
func Adjacencies() []Adjacency { return []Adjacency{ZeroOut, AddRemove, ReplaceOne} }

// ParseAdjacency reads the word for an adjacency.
func ParseAdjacency(s string) (Adjacency, error) { return parse("adjacency", s, Adjacencies()) }

// Valid reports whether a is an adjacency. The empty one is not.
func (a Adjacency) Valid() bool { return valid(a, Adjacencies()) }

// String is the word for the adjacency.
func (a Adjacency) String() string { return string(a) }

// UnmarshalText implements [encoding.TextUnmarshaler]; it refuses other words.
func (a *Adjacency) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAdjacency(string(text))
	return err
}

// Stretch is how many times the bound on one unit's norm two neighbouring sums may
// lie apart, in whatever norm the bound is: 2 where a unit may be replaced by its
// opposite, otherwise 1. A bound on a square is stretched by the square of it.
// A word that is no adjacency gets 2, the larger.
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
