package node

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Engage changes how many tasks a node serves by delta. It refuses to count
// below zero.
func (k Keeper) Engage(ctx context.Context, id uint64, delta int) error {
	return k.restand(ctx, id, func(s spec.Standing) (spec.Standing, error) { return round.Occupy(s, delta) })
}

// Merit raises a node's reputation by one step.
func (k Keeper) Merit(ctx context.Context, id uint64) error {
	return k.restand(ctx, id, func(s spec.Standing) (spec.Standing, error) { return round.Praise(s), nil })
}

// Demerit lowers a node's reputation by one step and keeps the reason.
func (k Keeper) Demerit(ctx context.Context, id uint64, d spec.Demerit) error {
	return k.restand(ctx, id, func(s spec.Standing) (spec.Standing, error) { return round.Blame(s, d), nil })
}

// Measure records the accuracy of a model the node helped to make for a kind of
// work. A node that has left since has no record any more, and that is no error:
// a task may end long after its last trainers were free to go.
func (k Keeper) Measure(ctx context.Context, id uint64, kind string, accuracy spec.PPM) error {
	err := k.restand(ctx, id, func(s spec.Standing) (spec.Standing, error) {
		return round.Measured(s, kind, accuracy), nil
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// restand replaces a node's standing by what a step makes of it.
func (k Keeper) restand(ctx context.Context, id uint64, step func(spec.Standing) (spec.Standing, error)) error {
	stored, err := k.standing(ctx, id)
	if err != nil {
		return err
	}
	after, err := step(stored.ToSpec())
	if err != nil {
		return fmt.Errorf("node %d: %w", id, err)
	}
	return k.standings.Set(ctx, id, nodepb.StandingFromSpec(after))
}

// standing returns a node's standing, or [ErrNotFound].
func (k Keeper) standing(ctx context.Context, id uint64) (nodepb.Standing, error) {
	stored, err := k.standings.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return stored, ErrNotFound.Wrapf("id %d", id)
	}
	if err != nil {
		return stored, fmt.Errorf("read the standing of node %d: %w", id, err)
	}
	return stored, nil
}
