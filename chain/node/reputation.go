package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// AdjustReputation raises or lowers a node's reputation by one step.
func (k Keeper) AdjustReputation(ctx context.Context, id uint64, up bool) error {
	n, err := k.Get(ctx, id)
	if err != nil {
		return err
	}
	if up {
		n.Standing = round.Praise(n.Standing)
	} else {
		n.Standing = round.Blame(n.Standing, spec.Demerit{})
	}
	return k.set(ctx, n)
}

// SetBusy changes how many tasks a node serves by delta.
func (k Keeper) SetBusy(ctx context.Context, id uint64, delta int) error {
	n, err := k.Get(ctx, id)
	if err != nil {
		return err
	}
	if n.Standing, err = round.Occupy(n.Standing, delta); err != nil {
		return fmt.Errorf("node %d: %w", id, err)
	}
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
	n.Standing = round.Measured(n.Standing, dataset, accuracy)
	return k.set(ctx, n)
}
