package privacy

import (
	"encoding/binary"
	"math"
)

// StreamOf is a stream whose next words are these, for draws that practically never happen
// with AES.
func StreamOf(words ...uint64) *Stream {
	s := &Stream{unreadBytes: 8 * len(words)}
	for i, w := range words {
		binary.LittleEndian.PutUint64(s.words[streamSize-s.unreadBytes+8*i:], w)
	}
	return s
}

// DrawByIntegers is Draw without the float comparisons: integers decide everything.
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

// About is e(w) in float64 for a proposal of y and a real w that begins with word; NaN if
// float64 is not accurate enough.
func (g RoundedGaussian) About(y int64, word uint64) float64 {
	q := newExponent(g.Sigma)
	q.propose(y, word)
	return q.approximate
}

// Accepts reports whether a proposal is accepted with the words of a stream, once with float
// comparisons and once with integers only.
func (g RoundedGaussian) Accepts(y int64, word uint64, words ...uint64) (both, integers bool) {
	q := newExponent(g.Sigma)
	q.propose(y, word)
	both = q.accept(StreamOf(words...))
	q.propose(y, word)
	q.approximate = math.NaN()
	return both, q.accept(StreamOf(words...))
}
