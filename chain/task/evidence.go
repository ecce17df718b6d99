package task

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// Transactions reads transactions that are evidence, whether or not a block has them.
type Transactions interface {
	// SignedMessage returns the only message of a transaction, after it has verified that the sender
	// signed it for this chain. It takes gas for the signature.
	SignedMessage(ctx context.Context, raw []byte) (sdk.Msg, error)
}

// IsEvidence reports whether a message can be evidence against its signer, see [round.Contradict].
func IsEvidence(msg sdk.Msg) bool {
	switch msg.(type) {
	case *taskpb.MsgAttest, *taskpb.MsgRevealAggregate, *taskpb.MsgRevealScore:
		return true
	}
	return false
}

// AccuseAnswers implements [taskpb.MsgServer]. Any account may send it.
func (k Keeper) AccuseAnswers(ctx context.Context, m *taskpb.MsgAccuseAnswers) (*taskpb.MsgAccuseAnswersResponse, error) {
	var in round.TwoAnswers
	var err error
	if in.First, err = k.evidenceOf(ctx, m.Task, m.First); err != nil {
		return nil, withCode(fmt.Errorf("first transaction: %w", err))
	}
	if in.Second, err = k.evidenceOf(ctx, m.Task, m.Second); err != nil {
		return nil, withCode(fmt.Errorf("second transaction: %w", err))
	}
	return &taskpb.MsgAccuseAnswersResponse{}, k.applyInput(ctx, m, in)
}

// evidenceOf returns the input of a node in a transaction that is shown as evidence.
func (k Keeper) evidenceOf(ctx context.Context, task uint64, raw []byte) (round.Input, error) {
	msg, err := k.signed.SignedMessage(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", round.ErrContradiction, err)
	}
	m, ok := msg.(taskpb.Message)
	if !ok || !IsEvidence(msg) || m.GetTask() != task {
		return nil, fmt.Errorf("%w: want an attestation or an opening of task %d", round.ErrContradiction, task)
	}
	node, err := k.nodes.IDOf(ctx, m.GetOwner())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", round.ErrNotSelected, err)
	}
	return taskpb.InputOf(m, node)
}
