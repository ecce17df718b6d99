package aggregate

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/spec"
)

// ErrNoUpdates is returned when there is nothing to aggregate.
var ErrNoUpdates = errors.New("no updates to aggregate")

// Source is one trainer's update and how much it counts.
type Source struct {
	Slot   spec.Slot // what the update must say it is
	Weight uint64    // see [Weights]
	// Open gives the update's bytes, header included, from their beginning.
	// They are read once, to their end, and closed.
	Open func() (io.ReadCloser, error)
}

// Held is the source of an update whose bytes are in memory.
func Held(slot spec.Slot, weight uint64, update []byte) Source {
	return Source{Slot: slot, Weight: weight, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(update)), nil
	}}
}

// Rule combines the updates of a round into the next model.
type Rule interface {
	// Aggregate gives the next weights, in a new slice as long as global. The
	// updates are in fixed point of scale 2^scaleBits. The result does not
	// depend on the order of sources. Errors wrap [ErrNoUpdates] when there are
	// none, and model.ErrUpdate, naming the node, when one is refused.
	Aggregate(global []float32, scaleBits uint32, sources []Source) ([]float32, error)
}

// ByName finds the rule a task names.
func ByName(rule string) (Rule, error) {
	switch rule {
	case spec.RuleFedAvg:
		return FedAvg{}, nil
	case spec.RuleMean:
		return Mean{}, nil
	}
	return nil, fmt.Errorf("unknown aggregation rule %q: want %s or %s", rule, spec.RuleFedAvg, spec.RuleMean)
}
