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

// Engage adds delta to the number of parts that a node has in running tasks. It refuses a
// number below 0. A node that is leaving exits with its last part.
func (k Keeper) Engage(ctx context.Context, id uint64, delta int) error {
	stored, err := k.standing(ctx, id)
	if err != nil {
		return err
	}
	after, err := round.Occupy(stored.ToSpec(), delta)
	if err != nil {
		return fmt.Errorf("node %d: %w", id, err)
	}
	stored.Busy = after.Busy
	if err := k.standings.Set(ctx, id, stored); err != nil || stored.Busy > 0 {
		return err
	}
	d, err := k.deposit(ctx, id)
	if err != nil || d.State != spec.NodeUnbonding {
		return err
	}
	return k.exitIfEmpty(ctx, id)
}

// Merit raises a node's reputation by one step and records the reason.
func (k Keeper) Merit(ctx context.Context, id uint64, c spec.Change) error {
	return k.changeStanding(ctx, id, func(s spec.Standing) spec.Standing { return round.Praise(s, c) })
}

// Demerit lowers a node's reputation by one step and records the reason.
func (k Keeper) Demerit(ctx context.Context, id uint64, c spec.Change) error {
	return k.changeStanding(ctx, id, func(s spec.Standing) spec.Standing { return round.Blame(s, c) })
}

// Excuse records that a node declined a round in which others trained.
func (k Keeper) Excuse(ctx context.Context, id uint64, c spec.Change) error {
	return k.changeStanding(ctx, id, func(s spec.Standing) spec.Standing { return round.Excused(s, c) })
}

// Measure records the accuracy of a model that the node helped to train, for a kind of work.
func (k Keeper) Measure(ctx context.Context, id uint64, kind string, accuracy spec.PPM) error {
	return k.changeStanding(ctx, id, func(s spec.Standing) spec.Standing { return round.Measured(s, kind, accuracy) })
}

// changeStanding applies a step to a node's standing. A node that has exited has no standing; that
// is no error, since a task may end long after its trainers have left.
//
// The step gets a standing without history, so that a merit writes few bytes: the changes
// that it adds replace the oldest ones.
func (k Keeper) changeStanding(ctx context.Context, id uint64, step func(spec.Standing) spec.Standing) error {
	stored, err := k.standings.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		_, err := k.registration(ctx, id)
		return err
	}
	if err != nil {
		return fmt.Errorf("read the standing of node %d: %w", id, err)
	}
	after := step(stored.ToSpec())
	next := nodepb.StandingFromSpec(after)
	next.Changes = stored.Changes
	for _, c := range after.History {
		change := nodepb.ChangeFromSpec(c)
		if err := k.changes.Set(ctx, changeKey(id, next.Changes), change); err != nil {
			return err
		}
		if err := emit(ctx, &nodepb.EventReputationChanged{Node: id, Change: change}); err != nil {
			return err
		}
		next.Changes++
	}
	return k.standings.Set(ctx, id, next)
}

// changeKey is the key of the change with a number. Newer changes reuse the keys of the
// oldest ones.
func changeKey(id, number uint64) collections.Pair[uint64, uint64] {
	return collections.Join(id, number%round.MaxHistory)
}

// history reads the newest changes of a node's reputation, the newest last. Changes is how
// many there have been.
func (k Keeper) history(ctx context.Context, id, changes uint64) (list []nodepb.Change, err error) {
	for number := changes - min(changes, round.MaxHistory); number < changes; number++ {
		c, err := k.changes.Get(ctx, changeKey(id, number))
		if err != nil {
			return nil, fmt.Errorf("read the history of node %d: %w", id, err)
		}
		list = append(list, c)
	}
	return list, nil
}

// standing returns a node's standing, or [ErrNotFound].
func (k Keeper) standing(ctx context.Context, id uint64) (nodepb.Standing, error) {
	stored, err := k.standings.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return stored, ErrNotFound.Wrapf("node %d", id)
	}
	if err != nil {
		return stored, fmt.Errorf("read the standing of node %d: %w", id, err)
	}
	return stored, nil
}
