package task

import (
	"context"
	"errors"

	"github.com/althing-network/althing/pb/taskpb"
)

var errBase = errors.New("not built")

// AttestModel implements [taskpb.MsgServer].
func (k Keeper) AttestModel(context.Context, *taskpb.MsgAttestModel) (*taskpb.MsgAttestModelResponse, error) {
	return nil, errBase
}

// UpdateModel implements [taskpb.MsgServer].
func (k Keeper) UpdateModel(context.Context, *taskpb.MsgUpdateModel) (*taskpb.MsgUpdateModelResponse, error) {
	return nil, errBase
}

