package task

import (
	"context"
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
// A task that cannot be carried on, because the bank or the registry refuses,
// does not stop the chain: what was done to it in this block is undone, its
// escrow stays where it is, and it is looked at again later.
func (k Keeper) EndBlock(ctx context.Context) error {
	now, err := k.now(ctx)
	if err != nil {
		return err
	}
	r, trainers := &roster{}, 0
	for _, waiting := range []bool{false, true} {
		due, err := k.overdue(ctx, now, waiting, round.MaxLooks(waiting))
		if err != nil {
			return err
		}
		for _, id := range due {
			if trainers >= round.MaxTrainersLooked {
				return nil // the rest follows in the next block
			}
			asked, err := k.look(ctx, r, now, id)
			if err != nil {
				return err
			}
			trainers += asked
		}
	}
	return nil
}

// overdue lists the tasks of one queue that are due, the longest overdue first.
func (k Keeper) overdue(ctx context.Context, now round.Moment, waiting bool, most int) (due []uint64, err error) {
	until := new(collections.Range[dueKey]).
		StartInclusive(collections.Join3(waiting, int64(0), uint64(0))).
		EndExclusive(collections.Join3(waiting, int64(now.Time)+1, uint64(0)))
	err = k.due.Walk(ctx, until, func(key dueKey) (bool, error) {
		due = append(due, key.K3())
		return len(due) == most, nil
	})
	return due, err
}

// look lets the machine look at one task, and says how many trainers its rounds have
// asked. Effects may make it due again in the same block: then the next block looks
// at it.
func (k Keeper) look(ctx context.Context, r *roster, now round.Moment, id uint64) (asked int, err error) {
	state, err := k.load(ctx, id, round.Needs(round.Tick{}))
	if err != nil {
		return 0, err
	}
	for _, r := range state.Open() {
		asked += int(r.Asked)
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.apply(cached, r, now, state, round.Tick{}); err != nil {
		r.fresh = false
		return asked, k.postpone(ctx, now, state, err)
	}
	write()
	return asked, nil
}

// postpone says that a task is stuck and leaves it alone for a while.
func (k Keeper) postpone(ctx context.Context, now round.Moment, stuck round.State, why error) error {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.Logger().Error("task is stuck", "task", stuck.Task.ID, "err", why)
	space, number, _ := errorsmod.ABCIInfo(why, false)
	emit(ctx, stuck.Task.ID, stuck.Task.Round, fmt.Sprintf("stuck: %s/%d", space, number)) // words may differ from build to build
	later := stuck
	later.Task.Due = now.Time.After(stuckPause)
	return k.save(ctx, stuck, later)
}
