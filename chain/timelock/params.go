package timelock

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/pb/timelockpb"
)

// DefaultParams wait for two days and then for a week, and have no guardian.
func DefaultParams() timelockpb.Params {
	const hour = 3600
	return timelockpb.Params{DelaySeconds: 48 * hour, GraceSeconds: 7 * 24 * hour}
}

// DefaultBounds leave a day at least to see what comes.
func DefaultBounds() timelockpb.Bounds {
	const day = 24 * 3600
	return timelockpb.Bounds{MinDelaySeconds: day, MaxDelaySeconds: 30 * day, MinGraceSeconds: day, MaxGraceSeconds: 14 * day}
}

// UpdateParams implements [timelockpb.MsgServer]. What waits already waits by the rules
// under which it was put there.
func (k Keeper) UpdateParams(ctx context.Context, msg *timelockpb.MsgUpdateParams) (*timelockpb.MsgUpdateParamsResponse, error) {
	if msg.Authority != k.authority {
		return nil, ErrAuthority.Wrapf("%s is no passed proposal", msg.Authority)
	}
	bounds, err := k.bounds.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the bounds of the timelock: %w", err)
	}
	if err := k.check(msg.Params, bounds); err != nil {
		return nil, ErrParams.Wrap(err.Error())
	}
	if err := k.params.Set(ctx, msg.Params); err != nil {
		return nil, err
	}
	if err := k.modules.CheckPeriods(ctx); err != nil {
		return nil, ErrParams.Wrap(err.Error())
	}
	return &timelockpb.MsgUpdateParamsResponse{}, nil
}

// check reports the first parameter that is wrong on this network.
func (k Keeper) check(p timelockpb.Params, b timelockpb.Bounds) error {
	if err := p.Validate(b); err != nil {
		return err
	}
	if p.Guardian == "" {
		return nil
	}
	if _, err := k.addresses.StringToBytes(p.Guardian); err != nil {
		return fmt.Errorf("guardian: %w", err)
	}
	return nil
}
