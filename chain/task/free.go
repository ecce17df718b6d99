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

// FreeMessages is the number of free messages of a node per phase of a round. A node owes one
// message per phase; it repeats a commitment that another node has copied.
const FreeMessages = 3

// Free reports whether msg is owed and its signer has free messages left for this phase of
// the round, and counts it. It writes the count before the message runs, so messages that
// fail count. A message that succeeds removes the count, since its node owes nothing more in
// this phase. The end of the phase removes all other counts.
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

// removeCount removes the count of a message that succeeds. It takes no gas: writing the count did.
func (k Keeper) removeCount(ctx context.Context, h prefetched) error {
	unmetered := sdk.UnwrapSDKContext(ctx).WithGasMeter(storetypes.NewInfiniteGasMeter())
	return k.free.Remove(unmetered, h.free())
}

// nominationRound stands for the round in the keys of counts of messages about a nominated model.
const nominationRound = math.MaxUint64

// free is the key of the count: task, round, node. The round is 0 before round 1.
func (h prefetched) free() partKey {
	number := uint64(0)
	if _, ok := h.input.(round.AttestModel); ok {
		number = nominationRound
	}
	if m, ok := h.message.(interface{ GetRound() uint64 }); ok {
		number = m.GetRound()
	}
	return collections.Join3(h.message.GetTask(), number, h.node)
}

// removeCounts removes the counts of phases and nominations that end between two states of a task.
func (k Keeper) removeCounts(ctx context.Context, before, after round.State) error {
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
		ended = append(ended, nominationRound)
	}
	for _, number := range ended {
		of := collections.NewSuperPrefixedTripleRange[uint64, uint64, uint64](before.Task.ID, number)
		if err := k.free.Clear(ctx, of); err != nil {
			return err
		}
	}
	return nil
}
