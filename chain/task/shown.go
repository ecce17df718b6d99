package task

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// Transactions reads what accounts have signed.
type Transactions interface {
	// Said is the only message of a transaction that whoever says it has signed for this
	// chain. It uses gas for the signature.
	Said(ctx context.Context, raw []byte) (sdk.Msg, error)
}

// Shown reports whether a message may be shown against its signer, see [round.Contradict].
func Shown(msg sdk.Msg) bool {
	switch msg.(type) {
	case *taskpb.MsgAttest, *taskpb.MsgRevealAggregate, *taskpb.MsgRevealScore:
		return true
	}
	return false
}

// AccuseAnswers implements [taskpb.MsgServer]: anybody may, whether or not it has a node.
func (k Keeper) AccuseAnswers(ctx context.Context, m *taskpb.MsgAccuseAnswers) (*taskpb.MsgAccuseAnswersResponse, error) {
	var in round.TwoAnswers
	var err error
	if in.First, err = k.shown(ctx, m.Task, m.First); err != nil {
		return nil, refused(fmt.Errorf("first transaction: %w", err))
	}
	if in.Second, err = k.shown(ctx, m.Task, m.Second); err != nil {
		return nil, refused(fmt.Errorf("second transaction: %w", err))
	}
	return &taskpb.MsgAccuseAnswersResponse{}, k.show(ctx, m, in)
}

// shown is what a node said to a task in a transaction that somebody shows.
func (k Keeper) shown(ctx context.Context, task uint64, raw []byte) (round.Input, error) {
	msg, err := k.signed.Said(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", round.ErrContradiction, err)
	}
	m, ok := msg.(taskpb.Message)
	if !ok || !Shown(msg) || m.GetTask() != task {
		return nil, fmt.Errorf("%w: it has neither an attestation nor an opening of task %d", round.ErrContradiction, task)
	}
	node, err := k.nodes.IDOf(ctx, m.GetOwner())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", round.ErrNotSelected, err)
	}
	return taskpb.InputOf(m, node)
}
