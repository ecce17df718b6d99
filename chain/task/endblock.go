package task

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// stuckPause is how much network time passes before a task that could not be carried
// on is looked at again.
const stuckPause = 100 * spec.Second

// dueKey is when the end of a block looks at a task: whether it waits for a
// committee, the network time, the task.
type dueKey = collections.Triple[bool, int64, uint64]

func dueAt(t spec.Task) dueKey {
	return collections.Join3(t.State == spec.TaskWaiting, int64(t.Due), t.ID)
}

// EndBlock looks at every task that is due. It reads the index of due times,
// so its cost does not grow with the number of tasks that are not.
//
// A task that cannot be carried on, because the bank or the registry refuses, the
// machine panics, or what is stored of the task makes no sense, does not stop the
// chain: what was done to it in this block is undone, its escrow stays where it is,
// and it is looked at again later. That is the same for every validator. A store that
// fails is not, so its errors and panics end the block.
func (k Keeper) EndBlock(ctx context.Context) error {
	now, err := k.now(ctx)
	if err != nil {
		return err
	}
	trainers := 0
	for _, waiting := range []bool{false, true} {
		due, err := k.overdue(ctx, now, waiting, round.MaxTasksPerBlock(waiting))
		if err != nil {
			return err
		}
		for _, key := range due {
			if trainers >= round.MaxTrainersPerBlock {
				return nil // the rest follows in the next block
			}
			asked, err := k.look(ctx, now, key)
			if err != nil {
				return err
			}
			trainers += asked
		}
	}
	return nil
}

// overdue lists where the tasks of one queue stand that are due, the longest overdue
// first.
func (k Keeper) overdue(ctx context.Context, now round.Moment, waiting bool, most int) (due []dueKey, err error) {
	until := new(collections.Range[dueKey]).
		StartInclusive(collections.Join3(waiting, int64(0), uint64(0))).
		EndExclusive(collections.Join3(waiting, int64(now.Time)+1, uint64(0)))
	err = k.due.Walk(ctx, until, func(key dueKey) (bool, error) {
		due = append(due, key)
		return len(due) == most, nil
	})
	return due, err
}

// look lets the machine look at one task, and says how many trainers its rounds have
// asked. Effects may make it due again in the same block: then the next block looks
// at it.
func (k Keeper) look(ctx context.Context, now round.Moment, key dueKey) (asked int, err error) {
	state, err := k.load(ctx, key.K3(), round.Needs(round.Tick{}))
	if senseless(err) {
		return 0, k.shelve(ctx, now, key, err)
	}
	if err != nil {
		return 0, err
	}
	for _, r := range state.OpenRounds() {
		asked += int(r.Asked)
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	undone := k.nodes.Watch()
	if err := k.apply(cached, now, state, round.Tick{}); err != nil {
		if _, failed := errors.AsType[*storeError](err); failed {
			return asked, err
		}
		undone()
		return asked, k.postpone(ctx, now, state, err)
	}
	write()
	return asked, nil
}

// postpone says that a task is stuck and leaves it alone for a while.
func (k Keeper) postpone(ctx context.Context, now round.Moment, stuck round.State, why error) error {
	report(ctx, stuck.Task.ID, stuck.Task.Round, why)
	later := stuck
	later.Task.Due = now.Time.After(stuckPause)
	return k.save(ctx, stuck, later)
}

// shelve does the same with a task of which no state can be made: it changes the
// record as it is stored. Where there is none, nobody looks at the task any more.
func (k Keeper) shelve(ctx context.Context, now round.Moment, key dueKey, why error) error {
	report(ctx, key.K3(), 0, why)
	if err := k.due.Remove(ctx, key); err != nil {
		return err
	}
	record, err := k.tasks.Get(ctx, key.K3())
	if senseless(err) {
		return nil
	}
	if err != nil {
		return err
	}
	record.Due = int64(now.Time.After(stuckPause))
	if err := k.tasks.Set(ctx, key.K3(), record); err != nil {
		return err
	}
	return k.due.Set(ctx, collections.Join3(key.K1(), record.Due, key.K3()))
}

// report says that a task is stuck.
func report(ctx context.Context, task, number uint64, why error) {
	log := sdk.UnwrapSDKContext(ctx).Logger()
	if p, ok := errors.AsType[*round.Panic](why); ok {
		log.Error("task is stuck", "task", task, "err", why, "stack", string(p.Stack))
		emitLine(ctx, task, number, "stuck: panic")
		return
	}
	log.Error("task is stuck", "task", task, "err", why)
	space, code, _ := errorsmod.ABCIInfo(why, false)
	emitLine(ctx, task, number, fmt.Sprintf("stuck: %s/%d", space, code)) // words may differ from build to build
}
