package aggregate

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// ErrNoUpdates is returned when there is nothing to combine.
var ErrNoUpdates = errors.New("no updates to aggregate")

// Source is one trainer's update and its weight.
type Source struct {
	Slot   spec.Slot // that the header of the update must have
	Weight uint64    // see [Weights]
	// Open opens the update; it may be called several times. A rule has at most 64 sources
	// open at a time, and closes each that it opens.
	Open func() (Bytes, error)
}

// Bytes are the bytes of an update, header included.
type Bytes interface {
	// ReadAt reads the header.
	io.ReaderAt
	// View calls use with n bytes from offset at, without copying them. They are valid until
	// use returns. View is called from many goroutines at once.
	View(at int64, n int, use func(b []byte) error) error
	// Size is the number of bytes.
	Size() int64
	// Close ends the reading. An error means that the bytes that were read are not valid: an
	// implementation that verifies bytes while they are read reports it here.
	io.Closer
}

// InMemory is the source of an update whose bytes are in memory.
func InMemory(slot spec.Slot, weight uint64, update []byte) Source {
	return Source{Slot: slot, Weight: weight, Open: func() (Bytes, error) {
		return held{bytes.NewReader(update), update}, nil
	}}
}

// held are bytes in memory.
type held struct {
	*bytes.Reader
	bytes []byte
}

// View implements [Bytes].
func (h held) View(at int64, n int, use func([]byte) error) error {
	return use(h.bytes[at : at+int64(n)])
}

// Close implements [Bytes].
func (held) Close() error { return nil }

// check refuses sources that no rule can combine, before any of them is read.
func check(scaleBits uint32, sources []Source) error {
	if len(sources) == 0 {
		return ErrNoUpdates
	}
	if scaleBits > model.MaxScaleBits {
		return fmt.Errorf("aggregate: scale of %d bits: want at most %d", scaleBits, model.MaxScaleBits)
	}
	seen := make(map[spec.Slot]bool, len(sources))
	for _, source := range sources {
		if seen[source.Slot] {
			return fmt.Errorf("aggregate: node %d has two updates", source.Slot.Node)
		}
		seen[source.Slot] = true
	}
	return nil
}

// values are the values of an open update.
type values struct {
	Bytes
	offset int64 // of the first value
}

// open opens an update, and refuses one with another number of values or another slot.
func (s Source) open(count int, scaleBits uint32) (values, error) {
	b, err := s.Open()
	if err != nil {
		return values{}, fmt.Errorf("open update: %w", err)
	}
	offset, err := model.FindValues(b, b.Size(), model.UpdateHeader{Slot: s.Slot, ScaleBits: scaleBits, Count: uint64(count)})
	if err != nil {
		return values{}, errors.Join(err, b.Close())
	}
	return values{b, offset}, nil
}
