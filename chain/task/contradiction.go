package task

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Held is what the module's account must hold: what tasks have neither paid nor given
// back, in uthing.
func (k Keeper) Held(ctx context.Context) (sum uint64, err error) {
	err = k.tasks.Walk(ctx, nil, func(_ uint64, stored taskpb.Task) (bool, error) {
		t, err := k.whole(ctx, stored)
		if err != nil {
			return true, err
		}
		held, err := t.ToSpec()
		sum += round.EscrowLeft(held)
		return err != nil, err
	})
	return sum, err
}

// Each does something for each task, in the order of their ids.
func (k Keeper) Each(ctx context.Context, do func(id uint64) error) error {
	return k.tasks.Walk(ctx, nil, func(id uint64, _ taskpb.Task) (bool, error) {
		err := do(id)
		return err != nil, err
	})
}

// PartsOf is how many parts a node has in all tasks, and what these hold of its stake, in
// uthing.
func (k Keeper) PartsOf(ctx context.Context, node uint64) (parts, bond uint64, err error) {
	err = k.parts.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint64](node), func(_ collections.Pair[uint64, uint64], has taskpb.Held) (bool, error) {
		parts, bond = parts+has.Parts, bond+has.Bond
		return false, nil
	})
	return parts, bond, err
}

// listed counts what tasks have in the indexes, or should have.
type listed struct {
	states, owners uint64 // of all tasks
	due            uint64 // of open ones
	parts, commits uint64 // of rounds that run; commitments only while they train
}

// Contradictions says what is stored of tasks that does not agree, and what no genesis
// could have: nothing, on a sound chain. Of a round that is over only its task's books
// are looked at.
func (k Keeper) Contradictions(ctx context.Context) (found []string, err error) {
	say := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	var want listed
	err = k.tasks.Walk(ctx, nil, func(id uint64, stored taskpb.Task) (bool, error) {
		stored, err := k.whole(ctx, stored)
		if err != nil {
			return true, err
		}
		t, err := stored.ToSpec()
		if err != nil {
			say("%s", err)
			return false, nil
		}
		if err := validateTask(t); err != nil {
			say("task %d: %s", id, err)
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
			say("task %d is found %v by its state, %v by its owner", id, inState, inOwner)
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
			say("no block looks at task %d when it is due", id)
		}
		state, err := k.load(ctx, id, everyPart())
		if err != nil {
			say("task %d: %s", id, err)
			return false, nil
		}
		want.parts += uint64(len(state.EngagedNodes()))
		for _, r := range state.OpenRounds() {
			if err := validateRound(r); err != nil {
				say("task %d round %d: %s", id, r.Number, err)
			}
			if err := validateStand(t, r); err != nil {
				say("task %d round %d: %s", id, r.Number, err)
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
	has, err := k.listed(ctx)
	if has != want {
		say("the indexes have %+v, want %+v", has, want)
	}
	return found, err
}

// listed counts what the indexes have.
func (k Keeper) listed(ctx context.Context) (has listed, err error) {
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
