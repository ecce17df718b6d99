package task

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// UpdateParams implements [taskpb.MsgServer]. The tariff is for later tasks. Its bond must not
// be larger than the registry lets a task hold.
func (k Keeper) UpdateParams(ctx context.Context, m *taskpb.MsgUpdateParams) (*taskpb.MsgUpdateParamsResponse, error) {
	if err := k.checkAuthority(m.Authority); err != nil {
		return nil, err
	}
	tariff := m.Tariff.ToSpec()
	if err := tariff.Validate(); err != nil {
		return nil, withCode(fmt.Errorf("%w: %w", round.ErrTariff, err))
	}
	if err := k.nodes.CheckBond(ctx, tariff.MinBond); err != nil {
		return nil, withCode(fmt.Errorf("%w: min_bond: %w", round.ErrTariff, err))
	}
	if err := k.tariff.Set(ctx, m.Tariff); err != nil {
		return nil, err
	}
	return &taskpb.MsgUpdateParamsResponse{}, emit(ctx, &taskpb.EventTariffUpdated{Tariff: m.Tariff})
}

// checkAuthority refuses every account but the one of passed proposals.
func (k Keeper) checkAuthority(authority string) error {
	if k.authority == "" || authority != k.authority {
		return withCode(fmt.Errorf("%w: authority %q: want %q", round.ErrAuthority, authority, k.authority))
	}
	return nil
}
