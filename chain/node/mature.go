package node

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

const (
	// maxMatured is how many nodes the end of one block gives back to; the rest follow in
	// the next block.
	maxMatured = 100
	// stuckPause is how much block time passes before it is tried again to give back
	// what the bank refused to move, in milliseconds.
	stuckPause = 3_600_000
	// heldPause is how much block time passes before it is looked again whether a vote
	// still holds what is due, in milliseconds.
	heldPause = 60_000
)

// dueKey is when something goes back to a node's owner: block time, node.
type dueKey = collections.Pair[int64, uint64]

func dueAt(due int64, id uint64) dueKey { return collections.Join(due, id) }

// EndBlock gives back what is due, the longest overdue first. It reads the index of due
// times, so its cost grows neither with the nodes nor with what has expired. What the
// bank refuses to move stays where it is and is tried again later: that is the same for
// every validator. What a vote holds is looked at again after a pause, behind all that is
// due by then, so it keeps nobody else waiting.
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
		holds, err := k.mature(cached, key.K2(), now)
		if err != nil {
			sdk.UnwrapSDKContext(ctx).Logger().Error("a stake stays", "node", key.K2(), "err", err)
			if err := k.due.Set(ctx, dueAt(now+stuckPause, key.K2())); err != nil {
				return err
			}
			continue
		}
		write()
		if holds {
			if err := k.due.Set(ctx, dueAt(now+heldPause, key.K2())); err != nil {
				return err
			}
		}
	}
	return nil
}

// mature gives back what of a node's deposit is due and no vote holds, forgets a node that
// has nothing left, and says whether a vote holds some of it.
func (k Keeper) mature(ctx context.Context, id uint64, now int64) (holds bool, err error) {
	owner, err := k.OwnerOf(ctx, id)
	if err != nil {
		return false, err
	}
	account, err := k.account(owner)
	if err != nil {
		return false, err
	}
	before, err := k.deposit(ctx, id)
	if err != nil {
		return false, err
	}
	held, err := k.heldOf(ctx, before, now)
	if err != nil {
		return false, err
	}
	after, returned := round.Mature(before, now, func(since int64) bool { return held[since] })
	if returned == 0 {
		return len(held) > 0, nil
	}
	if err := k.redeposit(ctx, id, before, after); err != nil {
		return false, err
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, Name, account, k.coins(returned)); err != nil {
		return false, fmt.Errorf("give %d%s back: %w", returned, k.denom, err)
	}
	if err := emit(ctx, &nodepb.EventUnbondingCompleted{Node: id, Owner: owner, Amount: returned}); err != nil {
		return false, err
	}
	return len(held) > 0, k.bury(ctx, id)
}

// heldOf is when those of a deposit's unbondings began that are due and that a vote holds.
func (k Keeper) heldOf(ctx context.Context, d spec.Deposit, now int64) (map[int64]bool, error) {
	held := make(map[int64]bool)
	for _, u := range d.Unbonding {
		if u.Due > now || k.votes.Waiting == nil {
			continue
		}
		holds, err := k.votes.Waiting.Holds(ctx, u.Since)
		if err != nil {
			return nil, fmt.Errorf("ask whether a vote holds what is due: %w", err)
		}
		if holds {
			held[u.Since] = true
		}
	}
	return held, nil
}
