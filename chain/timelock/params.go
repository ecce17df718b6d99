package timelock

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/pb/timelockpb"
)

// DefaultParams has a delay of two days, a grace period of a week and no guardian.
func DefaultParams() timelockpb.Params {
	const hour = 3600
	return timelockpb.Params{DelaySeconds: 48 * hour, GraceSeconds: 7 * 24 * hour}
}

// DefaultBounds has a delay of at least a day.
func DefaultBounds() timelockpb.Bounds {
	const day = 24 * 3600
	return timelockpb.Bounds{MinDelaySeconds: day, MaxDelaySeconds: 30 * day, MinGraceSeconds: day, MaxGraceSeconds: 14 * day}
}

// UpdateParams implements [timelockpb.MsgServer]. The new rules are for later entries.
func (k Keeper) UpdateParams(ctx context.Context, msg *timelockpb.MsgUpdateParams) (*timelockpb.MsgUpdateParamsResponse, error) {
	if msg.Authority != k.authority {
		return nil, ErrAuthority.Wrapf("authority %q: want %q, the account of passed proposals", msg.Authority, k.authority)
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

// check reports the first parameter that is invalid on this network.
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
