package trainer

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Processor changes a trained update before any of it leaves the trainer: it may bound
// the update or add noise to it. The changed update is stored, committed to and uploaded.
//
// It works on integers, because what an update promises must hold for the bits that leave,
// not for the floats from which they were rounded.
type Processor interface {
	// Process changes the values of an update in place; each stands for
	// v / 2^scaleBits. On an error nothing leaves; the work is retried unless the error
	// wraps [role.ErrFinal]. A trainer that is stopped before it has stored an update
	// trains and processes again, but it never commits to two updates of one slot.
	Process(ctx context.Context, place spec.Slot, values []int32, scaleBits uint32) error
}

// encode returns the bytes of the update from base to local, after all processors.
func encode(ctx context.Context, place spec.Slot, scaleBits uint32, local, base []float32, processors []Processor) ([]byte, error) {
	values, err := model.Quantise(local, base, scaleBits)
	if err != nil {
		return nil, err
	}
	for _, p := range processors {
		if err := p.Process(ctx, place, values, scaleBits); err != nil {
			return nil, fmt.Errorf("process the update: %w", err)
		}
	}
	return model.EncodeUpdate(model.UpdateHeader{Slot: place, ScaleBits: scaleBits, Count: uint64(len(values))}, values)
}
