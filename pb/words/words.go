// Package words turns words into their numbers on the wire and back, by a table of
// pairs. It is not where the words and the numbers are: each table stands beside its
// generated numbers.
package words

import "fmt"

// Pair is a number on the wire and the word it stands for. The number says nothing about
// order, and is never used again for another word.
type Pair[N ~int32, W comparable] struct {
	number N
	word   W
}

// Of is a pair.
func Of[N ~int32, W comparable](number N, word W) Pair[N, W] { return Pair[N, W]{number, word} }

// Number is the number of a word; 0, which stands for none, where it has no number.
func Number[N ~int32, W comparable](pairs []Pair[N, W], w W) (none N) {
	for _, p := range pairs {
		if p.word == w {
			return p.number
		}
	}
	return none
}

// Word is the word of a number. It is an error when there is none; kind says of what.
func Word[N ~int32, W comparable](kind string, pairs []Pair[N, W], n N) (none W, _ error) {
	for _, p := range pairs {
		if p.number == n {
			return p.word, nil
		}
	}
	return none, fmt.Errorf("unknown %s %d", kind, int32(n))
}
