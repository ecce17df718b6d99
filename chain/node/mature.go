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
	// maxPaidPerBlock is the largest number of nodes that are paid out per block.
	maxPaidPerBlock = 100
	// retryInterval is the block time between two tries to pay out coins that the bank refuses
	// to move, in milliseconds.
	retryInterval = 3_600_000
	// heldRetryInterval is the block time between two checks whether a vote still holds an unbonding
	// that is due, in milliseconds.
	heldRetryInterval = 60_000
)

// dueKey says when an unbonding of a node ends: block time, node.
type dueKey = collections.Pair[int64, uint64]

func dueAt(due int64, id uint64) dueKey { return collections.Join(due, id) }

// EndBlock pays unbondings that are due to their owners, the longest overdue first. It reads
// the index of due times, so its cost grows neither with the number of nodes nor with past
// unbondings. Coins that the bank refuses to move stay in the module and are tried again
// later; the bank gives every validator the same answer. An unbonding that a vote holds is
// checked again after a pause, behind all others that are due by then, so that nobody else
// waits for it.
func (k Keeper) EndBlock(ctx context.Context) error {
	now := blockTime(ctx)
	var due []dueKey
	until := new(collections.Range[dueKey]).EndExclusive(dueAt(now+1, 0))
	err := k.due.Walk(ctx, until, func(key dueKey) (bool, error) {
		due = append(due, key)
		return len(due) == maxPaidPerBlock, nil
	})
	if err != nil {
		return fmt.Errorf("list due unbondings: %w", err)
	}
	for _, key := range due {
		if err := k.due.Remove(ctx, key); err != nil {
			return err
		}
		cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
		holds, err := k.payUnbonded(cached, key.K2(), now)
		if err != nil {
			sdk.UnwrapSDKContext(ctx).Logger().Error("unbonding cannot be paid out and is tried again", "node", key.K2(), "err", err)
			if err := k.due.Set(ctx, dueAt(now+retryInterval, key.K2())); err != nil {
				return err
			}
			continue
		}
		write()
		if holds {
			if err := k.due.Set(ctx, dueAt(now+heldRetryInterval, key.K2())); err != nil {
				return err
			}
		}
	}
	return nil
}

// payUnbonded pays out the unbondings of a node that are due and that no vote holds. A node that
// has nothing left exits. It reports whether a vote holds one of the due unbondings.
func (k Keeper) payUnbonded(ctx context.Context, id uint64, now int64) (holds bool, err error) {
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
	held, err := k.heldUnbondings(ctx, before, now)
	if err != nil {
		return false, err
	}
	after, returned := round.Mature(before, now, func(since int64) bool { return held[since] })
	if returned == 0 {
		return len(held) > 0, nil
	}
	if err := k.setDeposit(ctx, id, before, after); err != nil {
		return false, err
	}
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, Name, account, k.coins(returned)); err != nil {
		return false, fmt.Errorf("pay out %s: %w", spec.Money(returned), err)
	}
	if err := emit(ctx, &nodepb.EventUnbondingCompleted{Node: id, Owner: owner, Amount: returned}); err != nil {
		return false, err
	}
	return len(held) > 0, k.exitIfEmpty(ctx, id)
}

// heldUnbondings returns the start times of the due unbondings that a vote holds.
func (k Keeper) heldUnbondings(ctx context.Context, d spec.Deposit, now int64) (map[int64]bool, error) {
	held := make(map[int64]bool)
	for _, u := range d.Unbonding {
		if u.Due > now || k.governance.Timelock == nil {
			continue
		}
		holds, err := k.governance.Timelock.Holds(ctx, u.Since)
		if err != nil {
			return nil, fmt.Errorf("ask whether a vote holds an unbonding: %w", err)
		}
		if holds {
			held[u.Since] = true
		}
	}
	return held, nil
}
