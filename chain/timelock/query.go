package timelock

import (
	"context"
	"fmt"

	"github.com/cosmos/cosmos-sdk/types/query"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/page"
	"github.com/althing-network/althing/pb/timelockpb"
)

// Entry implements [timelockpb.QueryServer].
func (k Keeper) Entry(ctx context.Context, req *timelockpb.QueryEntry) (*timelockpb.QueryEntryResponse, error) {
	e, err := k.entry(ctx, req.Proposal)
	if err != nil {
		return nil, err
	}
	now, err := k.now(ctx)
	if err != nil {
		return nil, err
	}
	res := &timelockpb.QueryEntryResponse{Entry: e, Now: now}
	if e.State != timelockpb.ENTRY_STATE_QUEUED {
		return res, nil
	}
	trial, _ := sdk.UnwrapSDKContext(ctx).CacheContext() // thrown away
	gas, err := k.run(trial, e)
	if err != nil {
		res.Refusal = err.Error()
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gas, "try a proposal")
	return res, nil
}

// Entries implements [timelockpb.QueryServer].
func (k Keeper) Entries(ctx context.Context, req *timelockpb.QueryEntries) (*timelockpb.QueryEntriesResponse, error) {
	entries, next, err := query.CollectionPaginate(ctx, k.entries, page.Bounded(req.Pagination, page.Most),
		func(_ uint64, e timelockpb.Entry) (timelockpb.Entry, error) { return e, nil })
	if err != nil {
		return nil, fmt.Errorf("list the timelock: %w", err)
	}
	return &timelockpb.QueryEntriesResponse{Entries: entries, Pagination: next}, nil
}

// Params implements [timelockpb.QueryServer].
func (k Keeper) Params(ctx context.Context, _ *timelockpb.QueryParams) (*timelockpb.QueryParamsResponse, error) {
	params, err := k.Settings(ctx)
	if err != nil {
		return nil, err
	}
	bounds, err := k.bounds.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the bounds of the timelock: %w", err)
	}
	return &timelockpb.QueryParamsResponse{Params: params, Bounds: bounds}, nil
}
