package node

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
)

const (
	// maxMatured is how many nodes the end of one block gives back to; the rest follow in
	// the next block.
	maxMatured = 100
	// stuckPause is how much block time passes before it is tried again to give back
	// what the bank refused to move, in milliseconds.
	stuckPause = 3_600_000
)

// dueKey is when something goes back to a node's owner: block time, node.
type dueKey = collections.Pair[int64, uint64]

func dueAt(due int64, id uint64) dueKey { return collections.Join(due, id) }

// EndBlock gives back what is due, the longest overdue first. It reads the index of due
// times, so its cost grows neither with the nodes nor with what has expired. What the
// bank refuses to move stays where it is and is tried again later: that is the same for
// every validator.
func (k Keeper) EndBlock(ctx context.Context) error {
	now := blockTime(ctx)
	var due []dueKey
	until := new(collections.Range[dueKey]).EndExclusive(dueAt(now+1, 0))
	err := k.due.Walk(ctx, until, func(key dueKey) (bool, error) {
		due = append(due, key)
		return len(due) == maxMatured, nil
	})
	if err != nil {
		return fmt.Errorf("list what is due: %w", err)
	}
	for _, key := range due {
		if err := k.due.Remove(ctx, key); err != nil {
			return err
		}
		cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
		if err := k.mature(cached, key.K2(), now); err != nil {
			sdk.UnwrapSDKContext(ctx).Logger().Error("a stake stays", "node", key.K2(), "err", err)
			if err := k.due.Set(ctx, dueAt(now+stuckPause, key.K2())); err != nil {
				return err
			}
			continue
		}
		write()
	}
	return nil
}

// mature gives back what of a node's deposit is due, and forgets a node that has nothing
// left.
func (k Keeper) mature(ctx context.Context, id uint64, now int64) error {
	owner, err := k.OwnerOf(ctx, id)
	if err != nil {
		return err
	}
	account, err := k.account(owner)
	if err != nil {
		return err
	}
	before, err := k.deposit(ctx, id)
	if err != nil {
		return err
	}
	after, returned := round.Mature(before, now)
	if returned == 0 {
		return nil
	}
	if err := k.redeposit(ctx, id, before, after); err != nil {
		return err
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, Name, account, k.coins(returned)); err != nil {
		return fmt.Errorf("give %d%s back: %w", returned, k.denom, err)
	}
	if err := emit(ctx, &nodepb.EventUnbondingCompleted{Node: id, Owner: owner, Amount: returned}); err != nil {
		return err
	}
	return k.bury(ctx, id)
}
