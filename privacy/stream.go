package privacy

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

const (
	keySize    = 32       // of AES-256
	streamSize = 16 << 10 // bytes of words made at a time; they stay in a first-level cache
)

// Stream is random words for noise: AES-256 in counter mode under a key read once
// from a source of true randomness. Each 16 KiB of words begins with the key of the
// next 16 KiB, which replaces the one before (fast key erasure: Bernstein 2017), so
// who reads a process's memory learns nothing of noise that was drawn before, as
// far as Go lets a program erase: the expanded key of a cipher stays in memory until
// the garbage collector gives its place to something else.
//
// A guarantee over noise from a stream is one against adversaries who cannot tell
// AES-256 from random bits. A stream is for one goroutine.
type Stream struct {
	key    [keySize]byte // of the next words
	seeded bool
	left   int // bytes of words not drawn yet: a multiple of 8
	words  [streamSize]byte
}

// NewStream makes a stream from 32 bytes of the source: crypto/rand's Reader
// wherever the noise protects anything.
func NewStream(source io.Reader) (*Stream, error) {
	s := new(Stream)
	if _, err := io.ReadFull(source, s.key[:]); err != nil {
		return nil, fmt.Errorf("read a seed for noise: %w", err)
	}
	s.seeded = true
	return s, nil
}

// Wipe erases the key and the words that are left. The stream is of no use afterwards.
func (s *Stream) Wipe() { *s = Stream{} }

// Uint64 is the next word.
func (s *Stream) Uint64() uint64 {
	word := binary.LittleEndian.Uint64(s.rest())
	s.left -= 8
	return word
}

// rest is the words that were not drawn yet, at least one. Whoever draws some of them
// takes their bytes from left.
func (s *Stream) rest() []byte {
	if s.left == 0 {
		s.refill()
	}
	return s.words[streamSize-s.left:]
}

// refill overwrites the words and the key.
func (s *Stream) refill() {
	if !s.seeded {
		panic("privacy: a stream of noise without a seed") // zeros instead of noise must not leave
	}
	block, err := aes.NewCipher(s.key[:])
	if err != nil {
		panic(err) // a key of another length: a mistake in the lines above
	}
	var counter [aes.BlockSize]byte
	ctr := cipher.NewCTR(block, counter[:])
	clear(s.key[:])
	ctr.XORKeyStream(s.key[:], s.key[:])
	clear(s.words[:])
	ctr.XORKeyStream(s.words[:], s.words[:])
	s.left = streamSize
}

// below is uniform over 0 to n-1; n is not 0. It draws again what would make some
// values more likely than others (Lemire 2019, "Fast random integer generation in
// an interval").
func (s *Stream) below(n uint64) uint64 {
	high, low := bits.Mul64(s.Uint64(), n)
	if low < n {
		for least := -n % n; low < least; {
			high, low = bits.Mul64(s.Uint64(), n)
		}
	}
	return high
}
