package dao

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// votesPerBlock is how many votes of ended polls a block removes at most.
	votesPerBlock = 100
	// recordsPerBlock is how many old records a block removes at most.
	recordsPerBlock = 100
)

// BeginBlock stores the sum of all power. In the first block it switches the recording of
// changes on.
func (k Keeper) BeginBlock(ctx context.Context) error {
	total, err := k.total(ctx)
	if err != nil {
		return err
	}
	if err := k.totalAtBegin.Set(ctx, total); err != nil {
		return err
	}
	recording, err := k.recording.Has(ctx)
	if err != nil || recording {
		return err
	}
	return k.recording.Set(ctx, true)
}

// EndBlock removes some votes and records that are no longer needed.
func (k Keeper) EndBlock(ctx context.Context) error {
	return errors.Join(k.removeVotes(ctx), k.removeRecords(ctx))
}

// removeVotes removes votes of the oldest ended poll that still has votes.
func (k Keeper) removeVotes(ctx context.Context) error {
	var poll uint64
	err := k.endedWithVotes.Walk(ctx, nil, func(id uint64) (bool, error) { poll = id; return true, nil })
	if err != nil {
		return fmt.Errorf("look for votes to remove: %w", err)
	}
	if poll == 0 {
		return nil
	}
	var old []collections.Pair[uint64, sdk.AccAddress]
	of := collections.NewPrefixedPairRange[uint64, sdk.AccAddress](poll)
	err = k.votes.Walk(ctx, of, func(at collections.Pair[uint64, sdk.AccAddress], _ uint64) (bool, error) {
		old = append(old, at)
		return len(old) == votesPerBlock, nil
	})
	if err != nil {
		return fmt.Errorf("list votes to remove: %w", err)
	}
	for _, at := range old {
		if err := errors.Join(k.votes.Remove(ctx, at), k.parts.Gov.Votes.Remove(ctx, at)); err != nil {
			return fmt.Errorf("remove a vote: %w", err)
		}
	}
	if len(old) < votesPerBlock {
		return k.endedWithVotes.Remove(ctx, poll)
	}
	return nil
}

// removeRecords removes the oldest records that neither an open vote nor one that starts later
// can need.
func (k Keeper) removeRecords(ctx context.Context) error {
	oldest := now(ctx) - 2*milliseconds(maxWarmup) // the mark of a new vote is at most two warmups back
	first := oldest
	err := k.times.Walk(ctx, nil, func(at collections.Pair[int64, []byte]) (bool, error) {
		first = at.K1()
		return true, nil
	})
	if err != nil || first >= oldest {
		return err
	}
	err = k.open.Walk(ctx, nil, func(_ sdk.AccAddress, id uint64) (bool, error) {
		p, err := k.poll(ctx, id)
		if err == nil && p.Start > 0 {
			oldest = min(oldest, p.Mark)
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("list the open proposals: %w", err)
	}
	var old []collections.Pair[int64, []byte]
	err = k.times.Walk(ctx, nil, func(at collections.Pair[int64, []byte]) (bool, error) {
		if at.K1() >= oldest {
			return true, nil
		}
		old = append(old, at)
		return len(old) == recordsPerBlock, nil
	})
	if err != nil {
		return fmt.Errorf("list records to remove: %w", err)
	}
	for _, at := range old {
		if err := errors.Join(k.times.Remove(ctx, at), k.records.Remove(ctx, collections.Join(at.K2(), at.K1()))); err != nil {
			return fmt.Errorf("remove a record: %w", err)
		}
	}
	return nil
}
