package task

import (
	"context"
	"errors"
	"math"

	"cosmossdk.io/collections"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// FreeMessages is how many free messages a node has for one phase of a round. It owes
// one; a commitment that another has copied must be said again.
const FreeMessages = 3

// Free reports whether msg is owed and its signer has free messages left for this phase
// of the round, and counts it. The count outlives a message that fails, because it is
// written before the message runs. A message that is carried out removes it, since the
// node owes nothing more in that phase; what is left ends with the phase.
func (k Keeper) Free(ctx context.Context, msg sdk.Msg) bool {
	h, owed := k.owed(ctx, msg)
	if !owed {
		return false
	}
	sent, err := k.free.Get(ctx, h.free())
	if err != nil && !errors.Is(err, collections.ErrNotFound) || sent >= FreeMessages {
		return false
	}
	return k.free.Set(ctx, h.free(), sent+1) == nil
}

// forget removes the count of a message that is carried out. It takes no gas: the
// message has paid for the count already.
func (k Keeper) forget(ctx context.Context, h heard) error {
	unmetered := sdk.UnwrapSDKContext(ctx).WithGasMeter(storetypes.NewInfiniteGasMeter())
	return k.free.Remove(unmetered, h.free())
}

// nomination stands for a round in the place of counts of messages about a nominated
// model.
const nomination = math.MaxUint64

// free is the place of the count: task, round, node. The round of a message about the
// time before round 1 is 0.
func (h heard) free() partKey {
	number := uint64(0)
	if _, ok := h.input.(round.AttestModel); ok {
		number = nomination
	}
	if m, ok := h.message.(interface{ GetRound() uint64 }); ok {
		number = m.GetRound()
	}
	return collections.Join3(h.message.GetTask(), number, h.node)
}

// expire drops the counts of phases that end between two states of a task, and of a
// nomination that ends.
func (k Keeper) expire(ctx context.Context, before, after round.State) error {
	var ended []uint64 // rounds
	if before.Task.State == spec.TaskPreparing && after.Task.State != spec.TaskPreparing {
		ended = append(ended, 0)
	}
	for _, r := range []spec.Round{before.Round, before.Scoring} {
		now := after.Round
		if r.Number != now.Number {
			now = after.Scoring
		}
		if r.Number > 0 && (r.Number != now.Number || r.Phase != now.Phase) {
			ended = append(ended, r.Number)
		}
	}
	if was, is := before.Task.Nominee, after.Task.Nominee; was.Proposal != is.Proposal || was.Model != is.Model {
		ended = append(ended, nomination)
	}
	for _, number := range ended {
		of := collections.NewSuperPrefixedTripleRange[uint64, uint64, uint64](before.Task.ID, number)
		if err := k.free.Clear(ctx, of); err != nil {
			return err
		}
	}
	return nil
}
