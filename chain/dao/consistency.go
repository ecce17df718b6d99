package dao

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/daopb"
)

// Inconsistencies lists inconsistencies in the stored polls, also with x/gov's
// proposals; a sound chain has none.
func (k Keeper) Inconsistencies(ctx context.Context) (found []string, err error) {
	report := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	open := 0
	err = k.polls.Walk(ctx, nil, func(id uint64, p daopb.Poll) (bool, error) {
		power, voters, err := k.storedVotes(ctx, id)
		if err != nil || p.Ended > 0 {
			return err != nil, err
		}
		open++
		if power != cast(p.Tally) || voters != p.Tally.Voters {
			report("poll %d: its sums are %d votes with power %d, stored are %d votes with power %d", id, p.Tally.Voters, cast(p.Tally), voters, power)
		}
		lives, err := k.existsInGov(ctx, p)
		if err != nil {
			return true, err
		}
		if !lives {
			report("poll %d is open, but x/gov has no open proposal for it", id)
		}
		return false, nil
	})
	if err != nil {
		return found, fmt.Errorf("list polls: %w", err)
	}
	err = k.open.Walk(ctx, nil, func(proposer sdk.AccAddress, id uint64) (bool, error) {
		open--
		p, err := k.poll(ctx, id)
		if err != nil {
			return true, err
		}
		owner, err := k.addresses.BytesToString(proposer)
		if p.Ended > 0 || p.Proposer != owner {
			report("the index of open polls has poll %d for %s: proposer %s, ended at height %d", id, owner, p.Proposer, p.Ended)
		}
		return err != nil, err
	})
	if err != nil {
		return found, fmt.Errorf("list the open proposals: %w", err)
	}
	if open != 0 {
		report("open polls minus entries of their index: %d, want 0", open)
	}
	err = k.parts.Gov.Proposals.Walk(ctx, nil, func(id uint64, p govv1.Proposal) (bool, error) {
		known, err := k.polls.Has(ctx, id)
		if !known {
			report("proposal %d has no poll", id)
		}
		return err != nil, err
	})
	return found, err
}

// storedVotes returns the power and number of the stored votes of a poll.
func (k Keeper) storedVotes(ctx context.Context, poll uint64) (power, voters uint64, err error) {
	of := collections.NewPrefixedPairRange[uint64, sdk.AccAddress](poll)
	err = k.votes.Walk(ctx, of, func(_ collections.Pair[uint64, sdk.AccAddress], weighs uint64) (bool, error) {
		power, voters = power+weighs, voters+1
		return false, nil
	})
	return power, voters, err
}
