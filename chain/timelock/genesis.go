package timelock

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/timelockpb"
)

// Validate reports the first mistake in a genesis. Proposals must ascend; an entry has messages
// while it waits, and only then.
func Validate(g timelockpb.Genesis) error {
	if err := g.Bounds.Validate(); err != nil {
		return ErrGenesis.Wrap(err.Error())
	}
	if err := g.Params.Validate(g.Bounds); err != nil {
		return ErrGenesis.Wrap(err.Error())
	}
	var before uint64
	queued := 0
	for _, e := range g.Entries {
		waits := e.State == timelockpb.ENTRY_STATE_QUEUED
		_, known := timelockpb.EntryState_name[int32(e.State)]
		if waits {
			queued++
		}
		switch {
		case e.Proposal <= before:
			return ErrGenesis.Wrapf("proposal %d follows proposal %d: want ascending numbers from 1", e.Proposal, before)
		case !known || e.State == timelockpb.ENTRY_STATE_UNSPECIFIED:
			return ErrGenesis.Wrapf("proposal %d: unknown state %d", e.Proposal, e.State)
		case waits != (len(e.Messages) > 0), waits != (e.Closed == 0):
			return ErrGenesis.Wrapf("proposal %d %s with %d messages, closed at height %d: want messages while it waits, afterwards a height", e.Proposal, stateText(e), len(e.Messages), e.Closed)
		case e.Queued < 0 || e.Closed < 0 || e.Eta < 0 || e.Expires < e.Eta:
			return ErrGenesis.Wrapf("proposal %d: queued at height %d, eta %d, expires %d: want none below 0, and eta before expires", e.Proposal, e.Queued, e.Eta, e.Expires)
		}
		before = e.Proposal
	}
	if queued > MaxQueued {
		return ErrGenesis.Wrapf("%d proposals wait: want at most %d", queued, MaxQueued)
	}
	return nil
}

// initialise writes a genesis. It does not call [Modules.Queued]: the other modules have their
// own genesis.
func (k Keeper) initialise(ctx context.Context, g timelockpb.Genesis) error {
	if err := Validate(g); err != nil {
		return err
	}
	if err := k.check(g.Params, g.Bounds); err != nil {
		return ErrGenesis.Wrap(err.Error())
	}
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.bounds.Set(ctx, g.Bounds); err != nil {
		return err
	}
	for _, e := range g.Entries {
		if err := k.entries.Set(ctx, e.Proposal, e); err != nil {
			return err
		}
		if e.State != timelockpb.ENTRY_STATE_QUEUED {
			continue
		}
		if err := k.queue.Set(ctx, collections.Join(e.Expires, e.Proposal), e.Since); err != nil {
			return err
		}
	}
	return nil
}

// export reads the whole queue.
func (k Keeper) export(ctx context.Context) (g timelockpb.Genesis, err error) {
	if g.Params, err = k.Settings(ctx); err != nil {
		return g, err
	}
	if g.Bounds, err = k.bounds.Get(ctx); err != nil {
		return g, fmt.Errorf("read the bounds of the timelock: %w", err)
	}
	err = k.entries.Walk(ctx, nil, func(_ uint64, e timelockpb.Entry) (bool, error) {
		g.Entries = append(g.Entries, e)
		return false, nil
	})
	return g, err
}
