package task

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// load reads a task and its newest round.
func (k Keeper) load(ctx context.Context, id uint64) (round.State, error) {
	stored, err := k.tasks.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return round.State{}, ErrNotFound.Wrapf("task %d", id)
	}
	if err != nil {
		return round.State{}, err
	}
	task, err := stored.ToSpec()
	if err != nil {
		return round.State{}, err
	}
	state := round.State{Chain: sdk.UnwrapSDKContext(ctx).ChainID(), Task: task}
	if task.Round > 0 {
		state.Round, err = k.round(ctx, id, task.Round)
	}
	return state, err
}

func (k Keeper) round(ctx context.Context, task, number uint64) (spec.Round, error) {
	stored, err := k.rounds.Get(ctx, collections.Join(task, number))
	if errors.Is(err, collections.ErrNotFound) {
		return spec.Round{}, ErrRoundNotFound.Wrapf("task %d round %d", task, number)
	}
	if err != nil {
		return spec.Round{}, err
	}
	return stored.ToSpec()
}

// save writes what changed, and keeps the indexes in step. Before is the zero
// State for a task that is new.
func (k Keeper) save(ctx context.Context, before, after round.State) error {
	id := after.Task.ID
	if before.Task.ID == 0 {
		if err := k.byOwner.Set(ctx, collections.Join(after.Task.Owner, id)); err != nil {
			return err
		}
	}
	if before.Task.State != after.Task.State {
		if before.Task.ID > 0 {
			if err := k.byState.Remove(ctx, collections.Join(uint32(taskpb.TaskStateFromSpec(before.Task.State)), id)); err != nil {
				return err
			}
		}
		if err := k.byState.Set(ctx, collections.Join(uint32(taskpb.TaskStateFromSpec(after.Task.State)), id)); err != nil {
			return err
		}
	}
	if old, due := dueAt(before), dueAt(after); old != due {
		if old.K2() > 0 {
			if err := k.due.Remove(ctx, old); err != nil {
				return err
			}
		}
		if due.K2() > 0 {
			if err := k.due.Set(ctx, due); err != nil {
				return err
			}
		}
	}
	if after.Round.Number > 0 {
		if err := k.rounds.Set(ctx, collections.Join(id, after.Round.Number), taskpb.RoundFromSpec(after.Round)); err != nil {
			return err
		}
	}
	return k.tasks.Set(ctx, id, taskpb.TaskFromSpec(after.Task))
}
