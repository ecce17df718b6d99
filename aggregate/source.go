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

// Source is one trainer's update and how much it counts.
type Source struct {
	Slot   spec.Slot // what the update must say it is
	Weight uint64    // see [Weights]
	// Open gives the update's bytes each time it is called. A rule has at most 64
	// sources of a round open at a time. It closes what it opens.
	Open func() (Bytes, error)
}

// Bytes are those of an update, header included.
type Bytes interface {
	// ReadAt is for the header.
	io.ReaderAt
	// View lends n bytes from at on, where they lie, until use returns. It is called
	// from many goroutines at once.
	View(at int64, n int, use func(b []byte) error) error
	// Size is how many there are.
	Size() int64
	// Close ends the reading. What was read counts only if it returns no error, so
	// whoever finds out late that bytes are not the right ones can say it here.
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

// check refuses what no rule can combine, before anything is read.
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

// values are those of an open update.
type values struct {
	Bytes
	offset int64 // of the first of them
}

// open refuses an update that is not of count values, or not the one of its slot.
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
