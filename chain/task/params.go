package task

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// UpdateParams implements [taskpb.MsgServer]: the tariff is for tasks that are created
// later. No tariff may ask for a bond that the registry lets no task hold.
func (k Keeper) UpdateParams(ctx context.Context, m *taskpb.MsgUpdateParams) (*taskpb.MsgUpdateParamsResponse, error) {
	if err := k.voted(m.Authority); err != nil {
		return nil, err
	}
	tariff := m.Tariff.ToSpec()
	if err := tariff.Validate(); err != nil {
		return nil, refused(fmt.Errorf("%w: %w", round.ErrTariff, err))
	}
	if err := k.nodes.CheckBond(ctx, tariff.MinBond); err != nil {
		return nil, refused(fmt.Errorf("%w: min_bond: %w", round.ErrTariff, err))
	}
	if err := k.tariff.Set(ctx, m.Tariff); err != nil {
		return nil, err
	}
	return &taskpb.MsgUpdateParamsResponse{}, emit(ctx, &taskpb.EventTariffUpdated{Tariff: m.Tariff})
}

// voted refuses whoever is not the account in whose name passed proposals act.
func (k Keeper) voted(authority string) error {
	if k.authority == "" || authority != k.authority {
		return refused(fmt.Errorf("%w: %q is not %q", round.ErrAuthority, authority, k.authority))
	}
	return nil
}
