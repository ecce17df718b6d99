package data

import (
	"math/bits"
	"math/rand/v2"
)

// Permute shuffles rows in place (Fisher and Yates, Knuth 3.4.2 P). It reads
// 64 bits at a time from the source and turns them into an index without floats
// (Lemire, arXiv:1805.10941, section 4), so that the order is the same on every
// machine and with every version of Go.
func Permute(rows []int, source rand.Source) {
	for i := len(rows) - 1; i > 0; i-- {
		j := below(uint64(i)+1, source)
		rows[i], rows[j] = rows[j], rows[i]
	}
}

// below draws a uniform integer in [0, n).
func below(n uint64, source rand.Source) uint64 {
	hi, lo := bits.Mul64(source.Uint64(), n)
	for least := -n % n; lo < least; {
		hi, lo = bits.Mul64(source.Uint64(), n)
	}
	return hi
}

// Shuffle is a view of a table in an order that depends only on the seed.
func Shuffle(t Table, seed uint64) Table {
	rows := sequence(t.Rows())
	Permute(rows, stream(seed, streamShuffle))
	return t.View(rows)
}

// The second word of each PCG seed: each use of one seed has a stream of its own.
const (
	streamShuffle = iota + 1
	streamHoldout
	streamDirichlet
)

func stream(seed, use uint64) *rand.PCG { return rand.NewPCG(seed, use) }

func sequence(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
