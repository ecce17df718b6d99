package privacy_test

import (
	"crypto/aes"
	"crypto/cipher"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/althing-network/althing/privacy"
)

// seeded is a stream with a fixed seed, which is for tests only.
func seeded(t *testing.T, seed uint64) *privacy.Stream {
	t.Helper()
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return stream(t, rand.NewChaCha8(key))
}

func stream(t *testing.T, source io.Reader) *privacy.Stream {
	t.Helper()
	s, err := privacy.NewStream(source)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// seeds are two fixed seeds and a random one, which is logged.
func seeds(t *testing.T) []uint64 {
	t.Helper()
	var b [8]byte
	if _, err := crand.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	fresh := binary.LittleEndian.Uint64(b[:])
	t.Logf("fresh seed %d", fresh)
	return []uint64{1, 2, fresh}
}

// The words are those of AES-256 in counter mode; each block of 16 KiB is preceded by the key
// of the next block.
func TestStreamIsAESUnderKeysThatAreErased(t *testing.T) {
	seed := strings.Repeat("k", 32)
	s := stream(t, strings.NewReader(seed))
	key, zero := []byte(seed), make([]byte, 32+16<<10)
	for part := range 3 {
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]byte, len(zero))
		cipher.NewCTR(block, make([]byte, 16)).XORKeyStream(want, zero)
		key, want = want[:32], want[32:]
		for ; len(want) > 0; want = want[8:] {
			if got := s.Uint64(); got != binary.LittleEndian.Uint64(want) {
				t.Fatalf("part %d, %d bytes before its end: %x, want %x", part, len(want), got, want[:8])
			}
		}
	}
}

func TestStreamNeedsItsWholeSeed(t *testing.T) {
	if _, err := privacy.NewStream(strings.NewReader(strings.Repeat("k", 31))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got error %v, want an unexpected end", err)
	}
}

// Zeros must not be released as noise, so a stream without a seed panics.
func TestWipedStreamPanics(t *testing.T) {
	s := seeded(t, 1)
	s.Uint64()
	s.Wipe()
	for _, s := range []*privacy.Stream{s, {}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a stream without a seed gives a word, want a panic")
				}
			}()
			s.Uint64()
		}()
	}
}
