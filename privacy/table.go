package privacy

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/bits"
	"sort"
)

const (
	thresholdBits   = 127 // random bits that decide a magnitude; one more decides its sign
	tailBits        = 112 // a table ends where the tail has a probability of at most 2^-112
	minDistanceBits = 100 // a table is within a distance of 2^-100 of its law
	maxTableReach   = 1 << 19
	tableLabel      = "althing/privacy/table/v1"
)

// Table draws from a law by comparing a random 127-bit integer with thresholds: the
// magnitude is at most k with probability threshold(k)/2^127, and one more bit is its
// sign. The result follows the law almost exactly: see [Table.Distance]. A table never
// changes and is safe for concurrent use if each goroutine has its own stream.
//
// The running time and the memory that a draw reads depend on the result: an attacker who
// can watch the caches of the machine learns something about the noise.
type Table struct {
	law          Law
	high, low    []uint64 // 63 and 64 bits of each threshold
	guide        []uint32 // index at which the search begins, by the first bits of the random integer
	shift        uint     // of the random integer's high word: leaves the index into guide
	distanceBits int
}

// NewTable makes the table of a law. That takes about 10 µs per value. The same law gives
// the same table on every machine. It is an error if the table would be too large; some
// laws can then be drawn from exactly, see [NewSampler].
func NewTable(l Law) (*Table, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	last := l.reach()
	if last > maxTableReach {
		return nil, fmt.Errorf("%w: %s: its table would reach to %d: want at most %d", ErrLaw, l, last, maxTableReach)
	}
	w, maxRatio := l.weights(last)
	t := &Table{law: l}
	sum := w[0] // of all weights; each but the first counts twice, for both signs
	for _, weight := range w[1 : len(w)-1] {
		sum = sum.plus(weight).plus(weight)
	}
	sum.high.Add(sum.high, tailWeight(w, maxRatio, len(w)-2))
	negligible := roundUp().SetMantExp(sum.low, -tailBits)
	end := sort.Search(len(w)-2, func(k int) bool { return tailWeight(w, maxRatio, k).Cmp(negligible) <= 0 })
	t.fill(w[:end+1], sum, tailWeight(w, maxRatio, end))
	if t.distanceBits < minDistanceBits {
		return nil, fmt.Errorf("%w: %s: its table has a distance of 2^-%d from it: want at most 2^-%d", ErrLaw, l, t.distanceBits, minDistanceBits)
	}
	return t, nil
}

// tailWeight is a bound on the weight of all magnitudes above k, with both signs.
func tailWeight(w []interval, maxRatio func(int) *big.Float, k int) *big.Float {
	ratio := maxRatio(k)
	gap := roundDown().Sub(number(1).low, ratio)
	if gap.Sign() <= 0 {
		return roundUp().SetInf(false)
	}
	first := roundUp().Mul(w[k].high, ratio)
	first.Quo(first, gap)
	return first.Add(first, first)
}

// fill computes the thresholds and the guide, and bounds the distance from the law by the
// sum of the errors of all thresholds but the last, which is exactly 1, and of the tail.
func (t *Table) fill(w []interval, sum interval, rest *big.Float) {
	distance := roundUp().Quo(rest, sum.low)
	cumulative, unit := interval{roundDown(), roundUp()}, number(1).over(sum)
	for k, weight := range w {
		cumulative = cumulative.plus(weight)
		if k > 0 {
			cumulative = cumulative.plus(weight)
		}
		share := cumulative.times(unit)
		threshold, _ := share.low.SetMantExp(share.low, thresholdBits).Int(nil)
		if k == len(w)-1 {
			threshold.Lsh(big.NewInt(1), thresholdBits)
		} else {
			rounded := roundUp().SetMantExp(roundUp().SetInt(threshold), -thresholdBits)
			distance.Add(distance, rounded.Sub(share.high, rounded))
		}
		t.high = append(t.high, new(big.Int).Rsh(threshold, 64).Uint64())
		t.low = append(t.low, new(big.Int).And(threshold, new(big.Int).SetUint64(1<<64-1)).Uint64())
	}
	t.distanceBits = -distance.MantExp(nil)
	guideBits := uint(min(max(bits.Len(uint(len(w))), 8), 16))
	t.shift = 63 - guideBits
	t.guide = make([]uint32, 1<<guideBits)
	k := 0
	for i := range t.guide {
		for t.high[k] < uint64(i)<<t.shift {
			k++
		}
		t.guide[i] = uint32(k)
	}
}

// Law is the law that the table draws from.
func (t *Table) Law() Law { return t.law }

// Largest is the largest magnitude that the table draws.
func (t *Table) Largest() uint64 { return uint64(len(t.high) - 1) }

// Distance is a number of bits b, at least 100: the total variation distance between one
// draw of the table and one draw of the law is at most 2^-b, if the words of the stream
// are random. So if n draws of the law give (epsilon, delta)-privacy, n draws of the table
// give it with delta + (1 + e^epsilon) n 2^-b.
func (t *Table) Distance() int { return t.distanceBits }

// Odds is the probability of k times 2^128, an integer.
func (t *Table) Odds(k int64) *big.Int {
	m := magnitude(k)
	if m > t.Largest() {
		return new(big.Int)
	}
	odds := t.threshold(m)
	if m == 0 {
		return odds.Lsh(odds, 1)
	}
	return odds.Sub(odds, t.threshold(m-1))
}

// threshold is the probability that a magnitude is at most k, times 2^127.
func (t *Table) threshold(k uint64) *big.Int {
	b := new(big.Int).SetUint64(t.high[k])
	return b.Or(b.Lsh(b, 64), new(big.Int).SetUint64(t.low[k]))
}

// Digest is the SHA-256 of all thresholds: tables with the same digest draw the same values
// from the same stream.
func (t *Table) Digest() [sha256.Size]byte {
	h := sha256.New()
	h.Write([]byte(tableLabel))
	var b [16]byte
	for k := range t.high {
		binary.BigEndian.PutUint64(b[:], t.high[k])
		binary.BigEndian.PutUint64(b[8:], t.low[k])
		h.Write(b[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Add adds one draw to each value. The caller must know that no value can overflow: see
// [Ring].
func (t *Table) Add(s *Stream, values []int64) {
	for len(values) > 0 {
		words := s.unread()
		n := min(len(words)/8, len(values))
		done := t.add(values[:n], words)
		s.unreadBytes -= 8 * done
		if done < n {
			values[done] += t.drawWithTwoWords(s)
			done++
		}
		values = values[done:]
	}
}

// add draws with one word per value. It stops at a value for which one word does not
// decide, without drawing it. It returns how many values it has drawn.
func (t *Table) add(values []int64, words []byte) int {
	high, guide, shift := t.high, t.guide, t.shift&63
	words = words[:8*len(values)]
	for i := range values {
		word := binary.LittleEndian.Uint64(words[8*i:])
		u := word >> 1
		k := guide[u>>shift]
		_, less := bits.Sub64(high[k], u, 0) // without a branch, which would often be predicted wrong
		for k += uint32(less); high[k] < u; {
			k++
		}
		if high[k] == u {
			return i
		}
		sign := -int64(word & 1)
		values[i] += (int64(k) ^ sign) - sign
	}
	return len(values)
}

// drawWithTwoWords draws one value with both words of the random integer.
func (t *Table) drawWithTwoWords(s *Stream) int64 {
	word := s.Uint64()
	u, below := word>>1, s.Uint64()
	k := sort.Search(len(t.high)-1, func(k int) bool { return t.high[k] > u || t.high[k] == u && t.low[k] > below })
	sign := -int64(word & 1)
	return (int64(k) ^ sign) - sign
}
