// Package words converts words to their numbers on the wire and back, by a table of pairs. It does
// not contain the tables: each stands beside its generated numbers.
package words

import "fmt"

// Pair is a number on the wire with its word. Numbers have no order, and are never reused for
// another word.
type Pair[N ~int32, W comparable] struct {
	number N
	word   W
}

// Of returns a pair.
func Of[N ~int32, W comparable](number N, word W) Pair[N, W] { return Pair[N, W]{number, word} }

// Number returns the number of a word, or 0 if it has none.
func Number[N ~int32, W comparable](pairs []Pair[N, W], w W) (none N) {
	for _, p := range pairs {
		if p.word == w {
			return p.number
		}
	}
	return none
}

// Word returns the word of a number, or an error that names the kind.
func Word[N ~int32, W comparable](kind string, pairs []Pair[N, W], n N) (none W, _ error) {
	for _, p := range pairs {
		if p.number == n {
			return p.word, nil
		}
	}
	return none, fmt.Errorf("unknown %s %d", kind, int32(n))
}
