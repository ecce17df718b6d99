package trainer

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Processor changes a trained update before anything of it leaves the trainer: it
// may bound the update or add noise to it. What it makes of the update is what is
// stored, committed to and uploaded.
//
// It works on integers, because what is promised of an update must hold of the
// bits that leave, and not of the floats they were rounded from.
type Processor interface {
	// Process changes the values of an update in place; each stands for
	// v / 2^scaleBits. An error ends the work and nothing leaves; it is tried again
	// unless it wraps [role.ErrFinal]. A trainer that is stopped before it has
	// stored an update trains and processes again, but of one slot no two updates
	// are ever committed to.
	Process(ctx context.Context, place spec.Slot, values []int32, scaleBits uint32) error
}

// encode makes the bytes of the update that leads from the base to the local
// weights, as the processors leave it.
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
