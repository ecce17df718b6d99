package node

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/althing-network/althing/spec"
)

// StartReputation is where every node begins.
const StartReputation = spec.One / 2

// maxMeasured bounds what a node's record holds; the oldest measure goes first.
const maxMeasured = 32

// Raise is the reputation after a duty done: a twentieth of the way to one.
func Raise(r spec.PPM) spec.PPM { return r + (spec.One-r)/20 }

// Lower is the reputation after a duty left undone: a quarter is gone.
func Lower(r spec.PPM) spec.PPM { return r - r/4 }

// AdjustReputation raises or lowers a node's reputation by one step.
func (k Keeper) AdjustReputation(ctx context.Context, id uint64, up bool) error {
	n, err := k.Get(ctx, id)
	if err != nil {
		return err
	}
	if up {
		n.Reputation = Raise(n.Reputation)
	} else {
		n.Reputation = Lower(n.Reputation)
	}
	return k.set(ctx, n)
}

// SetBusy changes how many tasks a node serves by delta.
func (k Keeper) SetBusy(ctx context.Context, id uint64, delta int) error {
	n, err := k.Get(ctx, id)
	if err != nil {
		return err
	}
	busy := int64(n.Busy) + int64(delta)
	if busy < 0 || busy > math.MaxUint32 {
		return fmt.Errorf("node %d serves %d tasks: cannot change that by %d", id, n.Busy, delta)
	}
	n.Busy = uint32(busy)
	return k.set(ctx, n)
}

// Measure records the accuracy of a model the node helped to make for a kind of
// data. A node that has left since has no record any more, and that is no error:
// a task may end long after its last trainers were free to go.
func (k Keeper) Measure(ctx context.Context, id uint64, dataset string, accuracy spec.PPM) error {
	n, err := k.Get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for i := range n.Measured {
		if n.Measured[i].Dataset == dataset {
			n.Measured[i].Accuracy = accuracy
			n.Measured[i].Tasks++
			return k.set(ctx, n)
		}
	}
	if len(n.Measured) == maxMeasured {
		n.Measured = n.Measured[1:]
	}
	n.Measured = append(n.Measured, spec.Measure{Dataset: dataset, Accuracy: accuracy, Tasks: 1})
	return k.set(ctx, n)
}
