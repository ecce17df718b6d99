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
	// Open gives the update's bytes, header included, from their beginning, each
	// time it is called. A rule may have all sources of a round open at a time. It
	// reads what it opens to its end, where bytes prove to be the right ones, and
	// closes it.
	Open func() (io.ReadCloser, error)
}

// Held is the source of an update whose bytes are in memory.
func Held(slot spec.Slot, weight uint64, update []byte) Source {
	return Source{Slot: slot, Weight: weight, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(update)), nil
	}}
}

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

// values streams the values of one update: its Read is that of [model.UpdateReader].
type values struct {
	*model.UpdateReader
	io.Closer
}

// open reads the header of an update of count values, and refuses any other.
func (s Source) open(count int, scaleBits uint32) (values, error) {
	r, err := s.Open()
	if err != nil {
		return values{}, fmt.Errorf("open update: %w", err)
	}
	update, err := model.NewUpdateReader(r, model.UpdateHeader{Slot: s.Slot, ScaleBits: scaleBits, Count: uint64(count)})
	if err != nil {
		return values{}, errors.Join(err, r.Close())
	}
	return values{update, r}, nil
}
