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

// retryInterval is the network time until a task that failed at the end of a block is tried
// again.
const retryInterval = 100 * spec.Second

// dueKey says when the end of a block advances a task: whether the task waits for a
// committee, network time, task.
type dueKey = collections.Triple[bool, int64, uint64]

func dueAt(t spec.Task) dueKey {
	return collections.Join3(t.State == spec.TaskWaiting, int64(t.Due), t.ID)
}

// EndBlock advances the tasks that are due. It reads the index of due times, so its cost does
// not grow with the number of other tasks.
//
// A task fails if the bank or the registry refuses, if package round panics, or if its records
// are corrupt. This does not stop the chain: the task's changes in this block are rolled back,
// its escrow stays, and it is tried again later. Every validator sees the same failure. A
// failing store is the problem of one validator, so its errors and panics end the block.
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
				return nil // other tasks follow in the next block
			}
			asked, err := k.advance(ctx, now, key)
			if err != nil {
				return err
			}
			trainers += asked
		}
	}
	return nil
}

// overdue lists the due keys of one queue, the longest overdue first, at most limit.
func (k Keeper) overdue(ctx context.Context, now round.Moment, waiting bool, limit int) (due []dueKey, err error) {
	until := new(collections.Range[dueKey]).
		StartInclusive(collections.Join3(waiting, int64(0), uint64(0))).
		EndExclusive(collections.Join3(waiting, int64(now.Time)+1, uint64(0)))
	err = k.due.Walk(ctx, until, func(key dueKey) (bool, error) {
		due = append(due, key)
		return len(due) == limit, nil
	})
	return due, err
}

// advance advances one task by a [round.Tick] and returns how many trainers its rounds have
// selected. If the task is due again at once, the next block advances it.
func (k Keeper) advance(ctx context.Context, now round.Moment, key dueKey) (asked int, err error) {
	state, err := k.load(ctx, key.K3(), round.Needs(round.Tick{}))
	if isCorrupt(err) {
		return 0, k.postponeCorrupt(ctx, now, key, err)
	}
	if err != nil {
		return 0, err
	}
	for _, r := range state.OpenRounds() {
		asked += int(r.Asked)
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	undone := k.nodes.TrackWrites()
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

// postpone reports a task that failed and sets the time of the next try.
func (k Keeper) postpone(ctx context.Context, now round.Moment, stuck round.State, why error) error {
	reportStuck(ctx, stuck.Task.ID, stuck.Task.Round, why)
	later := stuck
	later.Task.Due = now.Time.After(retryInterval)
	return k.save(ctx, stuck, later)
}

// postponeCorrupt does the same for a task whose records are corrupt: it changes the due time in the
// stored record. A task without a record leaves the index of due times.
func (k Keeper) postponeCorrupt(ctx context.Context, now round.Moment, key dueKey, why error) error {
	reportStuck(ctx, key.K3(), 0, why)
	if err := k.due.Remove(ctx, key); err != nil {
		return err
	}
	record, err := k.tasks.Get(ctx, key.K3())
	if isCorrupt(err) {
		return nil
	}
	if err != nil {
		return err
	}
	record.Due = int64(now.Time.After(retryInterval))
	if err := k.tasks.Set(ctx, key.K3(), record); err != nil {
		return err
	}
	return k.due.Set(ctx, collections.Join3(key.K1(), record.Due, key.K3()))
}

// reportStuck logs a task that failed and adds an event.
func reportStuck(ctx context.Context, task, number uint64, why error) {
	log := sdk.UnwrapSDKContext(ctx).Logger()
	if p, ok := errors.AsType[*round.Panic](why); ok {
		log.Error("task is stuck", "task", task, "err", why, "stack", string(p.Stack))
		emitLine(ctx, task, number, "stuck: panic")
		return
	}
	log.Error("task is stuck", "task", task, "err", why)
	space, code, _ := errorsmod.ABCIInfo(why, false)
	emitLine(ctx, task, number, fmt.Sprintf("stuck: %s/%d", space, code)) // error texts may differ between builds
}
