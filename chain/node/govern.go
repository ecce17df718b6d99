package node

import (
	"context"
	"errors"

	"github.com/althing-network/althing/pb/nodepb"
)

var errBase = errors.New("not built")

// AddParticipant implements [nodepb.MsgServer].
func (k Keeper) AddParticipant(context.Context, *nodepb.MsgAddParticipant) (*nodepb.MsgAddParticipantResponse, error) {
	return nil, errBase
}

// RemoveParticipant implements [nodepb.MsgServer].
func (k Keeper) RemoveParticipant(context.Context, *nodepb.MsgRemoveParticipant) (*nodepb.MsgRemoveParticipantResponse, error) {
	return nil, errBase
}

// UpdateParams implements [nodepb.MsgServer].
func (k Keeper) UpdateParams(context.Context, *nodepb.MsgUpdateParams) (*nodepb.MsgUpdateParamsResponse, error) {
	return nil, errBase
}
