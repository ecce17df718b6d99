package task

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/round"
)

// maxDue bounds how many tasks one block looks at; the rest follow in the next.
const maxDue = 1000

// EndBlock looks at every task that is due. It reads the index of due heights,
// so its cost does not grow with the number of tasks that wait.
func (k Keeper) EndBlock(ctx context.Context) error {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	due, err := k.dueAt(ctx, sdkCtx.BlockHeight())
	if err != nil {
		return err
	}
	for _, key := range due {
		cached, write := sdkCtx.CacheContext()
		if err := k.tick(cached, key.K2()); err != nil {
			// A task that cannot be carried on must not stop the chain.
			sdkCtx.Logger().Error("task is stuck", "task", key.K2(), "err", err)
			sdkCtx.EventManager().EmitEvent(sdk.NewEvent(EventType, sdk.NewAttribute("stuck", err.Error())))
			if err := k.due.Remove(ctx, key); err != nil {
				return err
			}
			continue
		}
		write()
	}
	return nil
}

func (k Keeper) dueAt(ctx context.Context, height int64) (due []collections.Pair[int64, uint64], err error) {
	until := new(collections.Range[collections.Pair[int64, uint64]]).EndExclusive(collections.Join(height+1, uint64(0)))
	err = k.due.Walk(ctx, until, func(key collections.Pair[int64, uint64]) (bool, error) {
		due = append(due, key)
		return len(due) == maxDue, nil
	})
	return due, err
}

// tick lets the machine look at one task. Effects may make it due again in the
// same block: then the next block looks at it.
func (k Keeper) tick(ctx context.Context, id uint64) error {
	state, err := k.load(ctx, id)
	if err != nil {
		return err
	}
	return k.step(ctx, state, round.Tick{})
}
