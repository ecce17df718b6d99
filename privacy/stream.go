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
	streamSize = 16 << 10 // bytes of words made at a time; they fit in a first-level cache
)

// Stream is a stream of random words for noise: AES-256 in counter mode under a key that
// is read once from a source of true randomness. Each block of 16 KiB is preceded by the
// key of the next block, which replaces the old key (fast key erasure: Bernstein 2017). So
// whoever reads the process's memory learns nothing about noise that was drawn before, as
// far as Go lets a program erase memory: the expanded key of a cipher stays there until the
// garbage collector reuses its place.
//
// A guarantee over noise from a stream holds against adversaries who cannot tell AES-256
// from random bits. A stream must not be used concurrently.
type Stream struct {
	key         [keySize]byte // of the next block
	seeded      bool
	unreadBytes int // bytes at the end of words that are not drawn yet; a multiple of 8
	words       [streamSize]byte
}

// NewStream makes a stream from 32 bytes of the source. The source must be crypto/rand's
// Reader wherever the noise protects anything.
func NewStream(source io.Reader) (*Stream, error) {
	s := new(Stream)
	if _, err := io.ReadFull(source, s.key[:]); err != nil {
		return nil, fmt.Errorf("read a seed for noise: %w", err)
	}
	s.seeded = true
	return s, nil
}

// Wipe erases the key and the remaining words. Drawing from the stream then panics.
func (s *Stream) Wipe() { *s = Stream{} }

// Uint64 is the next word.
func (s *Stream) Uint64() uint64 {
	word := binary.LittleEndian.Uint64(s.unread())
	s.unreadBytes -= 8
	return word
}

// unread is the words that were not drawn yet, at least one. The caller subtracts the bytes
// of the words that it draws from unreadBytes.
func (s *Stream) unread() []byte {
	if s.unreadBytes == 0 {
		s.refill()
	}
	return s.words[streamSize-s.unreadBytes:]
}

// refill overwrites the words and the key.
func (s *Stream) refill() {
	if !s.seeded {
		panic("privacy: a stream of noise without a seed") // zeros must not be released as noise
	}
	block, err := aes.NewCipher(s.key[:])
	if err != nil {
		panic(err) // a wrong key length: a bug in this file
	}
	var counter [aes.BlockSize]byte
	ctr := cipher.NewCTR(block, counter[:])
	clear(s.key[:])
	ctr.XORKeyStream(s.key[:], s.key[:])
	clear(s.words[:])
	ctr.XORKeyStream(s.words[:], s.words[:])
	s.unreadBytes = streamSize
}

// below is uniform over 0 to n-1, for n > 0. It rejects draws that would make some values
// more likely than others (Lemire 2019, "Fast random integer generation in an interval").
func (s *Stream) below(n uint64) uint64 {
	high, low := bits.Mul64(s.Uint64(), n)
	if low < n {
		for least := -n % n; low < least; {
			high, low = bits.Mul64(s.Uint64(), n)
		}
	}
	return high
}
