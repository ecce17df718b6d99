package task

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// heard is a message that was read to see whether it is owed, with the state it is
// about: when its turn comes, nothing is read a second time. Whatever is saved in
// between makes it forget.
type heard struct {
	message taskpb.Message
	state   round.State
	input   round.Input
}

type heardKey struct{}

// Hearing is a context for one transaction, in which a message that [Keeper.Owed]
// was asked about is read once.
func Hearing(ctx sdk.Context) sdk.Context { return ctx.WithValue(heardKey{}, &heard{}) }

// heardBy is what a context has heard; nil where it is not that of a transaction.
func heardBy(ctx context.Context) *heard {
	h, _ := ctx.Value(heardKey{}).(*heard)
	return h
}

func (h *heard) forget() {
	if h != nil {
		*h = heard{}
	}
}

// hear finds the task that a message is about, with the parts of its round that the
// message needs, and what the message says to it.
func (k Keeper) hear(ctx context.Context, m taskpb.Message) (round.State, round.Input, error) {
	h := heardBy(ctx)
	if h != nil && h.message == m {
		return h.state, h.input, nil
	}
	node, err := k.nodes.IDOf(ctx, m.GetOwner())
	if err != nil {
		return round.State{}, nil, err
	}
	in, err := taskpb.InputOf(m, node)
	if err != nil {
		return round.State{}, nil, refused(err)
	}
	state, err := k.load(ctx, m.GetTask(), round.Needs(in))
	if err == nil && h != nil {
		*h = heard{m, state, in}
	}
	return state, in, err
}
