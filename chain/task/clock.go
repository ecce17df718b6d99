package task

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// BeginBlock advances network time, on which tasks and the timelock run. Everything else on
// the chain runs on block time.
func (k Keeper) BeginBlock(ctx context.Context) error {
	clock, err := k.Clock(ctx)
	if err != nil {
		return err
	}
	next := clock.Tick(sdk.UnwrapSDKContext(ctx).BlockTime().UnixMilli())
	return k.clock.Set(ctx, taskpb.Clock{Time: int64(next.Time), Block: next.Block})
}

// Clock returns network time with the time of the newest block.
func (k Keeper) Clock(ctx context.Context) (round.Clock, error) {
	clock, err := k.clock.Get(ctx)
	return round.Clock{Time: spec.Time(clock.Time), Block: clock.Block}, err
}

// now returns height and network time of the present block, or of the newest block in a
// query.
func (k Keeper) now(ctx context.Context) (round.Moment, error) {
	clock, err := k.Clock(ctx)
	return round.Moment{Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Time: clock.Time}, err
}

// Time implements [taskpb.QueryServer].
func (k Keeper) Time(ctx context.Context, _ *taskpb.QueryTime) (*taskpb.QueryTimeResponse, error) {
	now, err := k.now(ctx)
	return &taskpb.QueryTimeResponse{Time: int64(now.Time)}, err
}

// Tariff implements [taskpb.QueryServer].
func (k Keeper) Tariff(ctx context.Context, _ *taskpb.QueryTariff) (*taskpb.QueryTariffResponse, error) {
	tariff, err := k.tariff.Get(ctx)
	return &taskpb.QueryTariffResponse{Tariff: tariff}, err
}
