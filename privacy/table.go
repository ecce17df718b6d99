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
	drawn      = 127 // random bits behind a magnitude; one more is its sign
	tailBits   = 112 // a table ends where 2^-112 or less is beyond
	farthest   = 100 // a table is at most 2^-100 from its law
	maxReach   = 1 << 19
	tableLabel = "althing/privacy/table/v1"
)

// Table draws from a law by comparing a random integer of 127 bits with integers: a
// magnitude is at most k with odds of threshold(k)/2^127, and its sign is one bit more.
// What it draws is not exactly the law, but nearly: see [Table.Distance]. A table
// never changes and is safe for concurrent use, each goroutine with a stream of its own.
//
// Which places of it are read, and for how long, depends on what is drawn: who can
// watch the caches of the machine learns something of the noise.
type Table struct {
	law       Law
	high, low []uint64 // of the thresholds: 63 and 64 bits
	guide     []uint32 // where to begin, by the first bits of the magnitude's integer
	shift     uint     // leaves the bits that the guide is asked with
	distance  int
}

// NewTable makes the table of a law. It takes about 10 µs a value; the same law gives
// the same table on every machine. A law that needs too large a table is refused;
// one that has an exact sampler can still be drawn from.
func NewTable(l Law) (*Table, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	last := l.reach()
	if last > maxReach {
		return nil, fmt.Errorf("%w: %s: a table reaches to %d: this one would have to reach to %d", ErrLaw, l, maxReach, last)
	}
	w, falls := l.weights(last)
	t := &Table{law: l}
	sum := w[0] // of all weights, each but the first of both signs
	for _, weight := range w[1 : len(w)-1] {
		sum = sum.plus(weight).plus(weight)
	}
	sum.high.Add(sum.high, beyond(w, falls, len(w)-2))
	enough := upper().SetMantExp(sum.low, -tailBits)
	end := sort.Search(len(w)-2, func(k int) bool { return beyond(w, falls, k).Cmp(enough) <= 0 })
	t.fill(w[:end+1], sum, beyond(w, falls, end))
	if t.distance < farthest {
		return nil, fmt.Errorf("%w: %s: its table is 2^-%d from it: want at most 2^-%d", ErrLaw, l, t.distance, farthest)
	}
	return t, nil
}

// beyond is a bound on the weight of all magnitudes above k, each of both signs.
func beyond(w []interval, falls func(int) *big.Float, k int) *big.Float {
	ratio := falls(k)
	rest := lower().Sub(number(1).low, ratio)
	if rest.Sign() <= 0 {
		return upper().SetInf(false)
	}
	first := upper().Mul(w[k].high, ratio)
	first.Quo(first, rest)
	return first.Add(first, first)
}

// fill makes the thresholds and the guide, and bounds the distance: by the error of
// each threshold but the last, which is 1, and by what is beyond it.
func (t *Table) fill(w []interval, sum interval, rest *big.Float) {
	distance := upper().Quo(rest, sum.low)
	reached, unit := interval{lower(), upper()}, number(1).over(sum)
	for k, weight := range w {
		reached = reached.plus(weight)
		if k > 0 {
			reached = reached.plus(weight)
		}
		share := reached.times(unit)
		threshold, _ := share.low.SetMantExp(share.low, drawn).Int(nil)
		if k == len(w)-1 {
			threshold.Lsh(big.NewInt(1), drawn)
		} else {
			held := upper().SetMantExp(upper().SetInt(threshold), -drawn)
			distance.Add(distance, held.Sub(share.high, held))
		}
		t.high = append(t.high, new(big.Int).Rsh(threshold, 64).Uint64())
		t.low = append(t.low, new(big.Int).And(threshold, new(big.Int).SetUint64(1<<64-1)).Uint64())
	}
	t.distance = -distance.MantExp(nil)
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

// Largest is the largest magnitude that can be drawn.
func (t *Table) Largest() uint64 { return uint64(len(t.high) - 1) }

// Distance is a number of bits b, 100 or more: one draw is at most 2^-b in total
// variation from a draw of the law, if the words of the stream are random. So what is
// said of n draws of the law with a chance delta holds of n draws of the table with a
// chance of delta + (1 + e^epsilon) n 2^-b.
func (t *Table) Distance() int { return t.distance }

// Odds is how many of 2^128 equally likely draws give k.
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

// threshold is how many of 2^127 magnitudes are at most k.
func (t *Table) threshold(k uint64) *big.Int {
	b := new(big.Int).SetUint64(t.high[k])
	return b.Or(b.Lsh(b, 64), new(big.Int).SetUint64(t.low[k]))
}

// Digest is the SHA-256 of all thresholds: two tables of one digest draw alike.
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

// Add adds a draw to each value. It is for whoever knows that no value can leave
// the range of int64: see [Ring].
func (t *Table) Add(s *Stream, values []int64) {
	for len(values) > 0 {
		words := s.rest()
		n := min(len(words)/8, len(values))
		done := t.add(values[:n], words)
		s.left -= 8 * done
		if done < n {
			values[done] += t.tied(s)
			done++
		}
		values = values[done:]
	}
}

// add draws with one word a value, and stops at a value for which one word does not
// decide: it was not drawn yet. It returns how many it has added.
func (t *Table) add(values []int64, words []byte) int {
	high, guide, shift := t.high, t.guide, t.shift&63
	words = words[:8*len(values)]
	for i := range values {
		word := binary.LittleEndian.Uint64(words[8*i:])
		u := word >> 1
		k := guide[u>>shift]
		_, less := bits.Sub64(high[k], u, 0) // without a branch, which would often be guessed wrong
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

// tied draws one value with both words.
func (t *Table) tied(s *Stream) int64 {
	word := s.Uint64()
	u, below := word>>1, s.Uint64()
	k := sort.Search(len(t.high)-1, func(k int) bool { return t.high[k] > u || t.high[k] == u && t.low[k] > below })
	sign := -int64(word & 1)
	return (int64(k) ^ sign) - sign
}
