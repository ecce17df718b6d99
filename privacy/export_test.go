package privacy

import (
	"encoding/binary"
	"math"
)

// StreamOf is a stream whose next words are these, for draws that AES gives once in
// the life of the world.
func StreamOf(words ...uint64) *Stream {
	s := &Stream{unreadBytes: 8 * len(words)}
	for i, w := range words {
		binary.LittleEndian.PutUint64(s.words[streamSize-s.unreadBytes+8*i:], w)
	}
	return s
}

// DrawByIntegers draws as Draw does, but lets floats decide nothing.
func (g RoundedGaussian) DrawByIntegers(s *Stream) int64 {
	q := newExponent(g.Sigma)
	for {
		y := s.laplace(1, q.t)
		q.propose(y, s.Uint64())
		q.approximate = math.NaN()
		if q.accept(s) {
			return y
		}
	}
}

// About is e(w) in floats for a proposal of y whose w begins with a word; NaN where floats
// do not tell.
func (g RoundedGaussian) About(y int64, word uint64) float64 {
	q := newExponent(g.Sigma)
	q.propose(y, word)
	return q.approximate
}

// Accepts is whether a proposal is accepted with the words of a stream, and where no float
// decides anything.
func (g RoundedGaussian) Accepts(y int64, word uint64, words ...uint64) (both, integers bool) {
	q := newExponent(g.Sigma)
	q.propose(y, word)
	both = q.accept(StreamOf(words...))
	q.propose(y, word)
	q.approximate = math.NaN()
	return both, q.accept(StreamOf(words...))
}
