package task

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Held is what the module's account must hold, in uthing: the escrow that tasks have neither
// paid nor refunded.
func (k Keeper) Held(ctx context.Context) (sum uint64, err error) {
	err = k.tasks.Walk(ctx, nil, func(_ uint64, stored taskpb.Task) (bool, error) {
		t, err := k.complete(ctx, stored)
		if err != nil {
			return true, err
		}
		held, err := t.ToSpec()
		sum += round.EscrowLeft(held)
		return err != nil, err
	})
	return sum, err
}

// Each calls do for each task, by id.
func (k Keeper) Each(ctx context.Context, do func(id uint64) error) error {
	return k.tasks.Walk(ctx, nil, func(id uint64, _ taskpb.Task) (bool, error) {
		err := do(id)
		return err != nil, err
	})
}

// PartsOf returns how many parts a node has in all tasks, and how much of its stake these
// tasks hold, in uthing.
func (k Keeper) PartsOf(ctx context.Context, node uint64) (parts, bond uint64, err error) {
	err = k.parts.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint64](node), func(_ collections.Pair[uint64, uint64], has taskpb.Held) (bool, error) {
		parts, bond = parts+has.Parts, bond+has.Bond
		return false, nil
	})
	return parts, bond, err
}

// indexCounts counts the entries of the indexes.
type indexCounts struct {
	states, owners uint64 // one per task
	due            uint64 // one per open task
	parts, commits uint64 // of running rounds; commitments only while they train
}

// Inconsistencies lists inconsistencies in the stored tasks and values that no genesis may
// have; a sound chain has none. Rounds that have ended are not checked.
func (k Keeper) Inconsistencies(ctx context.Context) (found []string, err error) {
	report := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	var want indexCounts
	err = k.tasks.Walk(ctx, nil, func(id uint64, stored taskpb.Task) (bool, error) {
		stored, err := k.complete(ctx, stored)
		if err != nil {
			return true, err
		}
		t, err := stored.ToSpec()
		if err != nil {
			report("%s", err)
			return false, nil
		}
		if err := validateTask(t); err != nil {
			report("task %d: %s", id, err)
		}
		want.states++
		want.owners++
		inState, err := k.byState.Has(ctx, stateKey(t))
		if err != nil {
			return true, err
		}
		inOwner, err := k.byOwner.Has(ctx, collections.Join(t.Owner, id))
		if err != nil {
			return true, err
		}
		if !inState || !inOwner {
			report("task %d: in the index of states: %t, in the index of owners: %t", id, inState, inOwner)
		}
		if t.State.Final() {
			return false, nil
		}
		want.due++
		due, err := k.due.Has(ctx, dueAt(t))
		if err != nil {
			return true, err
		}
		if !due {
			report("task %d is open and not in the index of due times", id)
		}
		state, err := k.load(ctx, id, allParts())
		if err != nil {
			report("task %d: %s", id, err)
			return false, nil
		}
		want.parts += uint64(len(state.EngagedNodes()))
		for _, r := range state.OpenRounds() {
			if err := validateRound(r); err != nil {
				report("task %d round %d: %s", id, r.Number, err)
			}
			if err := validateRunning(t, r); err != nil {
				report("task %d round %d: %s", id, r.Number, err)
			}
			if r.Phase == spec.PhaseTrain {
				want.commits += uint64(r.Commitments)
			}
		}
		return false, nil
	})
	if err != nil {
		return found, err
	}
	has, err := k.countIndexes(ctx)
	if has != want {
		report("entries of the indexes: %+v, want %+v", has, want)
	}
	return found, err
}

// countIndexes counts the entries of the indexes.
func (k Keeper) countIndexes(ctx context.Context) (has indexCounts, err error) {
	for _, walk := range []func() error{
		func() error {
			return k.byState.Walk(ctx, nil, func(collections.Pair[uint32, uint64]) (bool, error) { has.states++; return false, nil })
		},
		func() error {
			return k.byOwner.Walk(ctx, nil, func(collections.Pair[string, uint64]) (bool, error) { has.owners++; return false, nil })
		},
		func() error {
			return k.due.Walk(ctx, nil, func(dueKey) (bool, error) { has.due++; return false, nil })
		},
		func() error {
			return k.parts.Walk(ctx, nil, func(_ collections.Pair[uint64, uint64], held taskpb.Held) (bool, error) {
				has.parts += held.Parts
				return false, nil
			})
		},
		func() error {
			return k.committed.Walk(ctx, nil, func(collections.Pair[uint64, []byte], uint64) (bool, error) { has.commits++; return false, nil })
		},
	} {
		if err := walk(); err != nil {
			return has, err
		}
	}
	return has, nil
}
