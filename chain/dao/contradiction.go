package dao

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/pb/daopb"
)

// Contradictions says what is stored of polls that does not agree, also with x/gov's
// proposals: nothing, on a sound chain.
func (k Keeper) Contradictions(ctx context.Context) (found []string, err error) {
	say := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	open := 0
	err = k.polls.Walk(ctx, nil, func(id uint64, p daopb.Poll) (bool, error) {
		power, voters, err := k.voted(ctx, id)
		if err != nil || p.Ended > 0 {
			return err != nil, err
		}
		open++
		if power != cast(p.Tally) || voters != p.Tally.Voters {
			say("poll %d sums %d votes up to %d, there are %d that weigh %d", id, p.Tally.Voters, cast(p.Tally), voters, power)
		}
		lives, err := k.lives(ctx, p)
		if err != nil {
			return true, err
		}
		if !lives {
			say("poll %d is open, and x/gov does not have it so", id)
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
			say("poll %d of %s, ended at %d, is listed as the open one of %s", id, p.Proposer, p.Ended, owner)
		}
		return err != nil, err
	})
	if err != nil {
		return found, fmt.Errorf("list the open proposals: %w", err)
	}
	if open != 0 {
		say("%d open polls are in no list, or more are in it", open)
	}
	err = k.parts.Gov.Proposals.Walk(ctx, nil, func(id uint64, p govv1.Proposal) (bool, error) {
		known, err := k.polls.Has(ctx, id)
		if !known {
			say("proposal %d has no poll", id)
		}
		return err != nil, err
	})
	return found, err
}

// voted is the power of all votes that are kept of a poll, and their number.
func (k Keeper) voted(ctx context.Context, poll uint64) (power, voters uint64, err error) {
	of := collections.NewPrefixedPairRange[uint64, sdk.AccAddress](poll)
	err = k.votes.Walk(ctx, of, func(_ collections.Pair[uint64, sdk.AccAddress], weighs uint64) (bool, error) {
		power, voters = power+weighs, voters+1
		return false, nil
	})
	return power, voters, err
}
