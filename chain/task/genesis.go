package task

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
)

// validate reports what is wrong with a genesis.
func validate(g *taskpb.Genesis) error {
	last := uint64(0)
	for i := range g.Tasks {
		t, err := g.Tasks[i].ToSpec()
		if err != nil {
			return err
		}
		if t.ID <= last {
			return fmt.Errorf("task %d follows task %d: want ids in order, none twice", t.ID, last)
		}
		last = t.ID
		if err := t.Spec.Validate(); err != nil {
			return fmt.Errorf("task %d: %w", t.ID, err)
		}
	}
	if g.Next != 0 && g.Next <= last {
		return fmt.Errorf("next id %d is taken", g.Next)
	}
	for i := range g.Rounds {
		if _, err := g.Rounds[i].ToSpec(); err != nil {
			return err
		}
	}
	return nil
}

// restore writes a genesis into an empty store.
func (k Keeper) restore(ctx context.Context, g *taskpb.Genesis) error {
	if err := validate(g); err != nil {
		return err
	}
	for i := range g.Rounds {
		r := g.Rounds[i]
		if err := k.rounds.Set(ctx, collections.Join(r.Task, r.Number), r); err != nil {
			return err
		}
	}
	for i := range g.Tasks {
		t, err := g.Tasks[i].ToSpec()
		if err != nil {
			return err
		}
		if err := k.save(ctx, round.State{}, round.State{Task: t}); err != nil {
			return err
		}
		state, err := k.load(ctx, t.ID)
		if err != nil {
			return err
		}
		for _, node := range state.Engaged() {
			if err := k.count(ctx, node, t.ID, 1); err != nil {
				return err
			}
		}
	}
	if g.Next > 0 {
		return k.next.Set(ctx, g.Next-1)
	}
	return nil
}

func (k Keeper) export(ctx context.Context) (*taskpb.Genesis, error) {
	var g taskpb.Genesis
	if err := k.tasks.Walk(ctx, nil, func(_ uint64, t taskpb.Task) (bool, error) {
		g.Tasks = append(g.Tasks, t)
		return false, nil
	}); err != nil {
		return nil, err
	}
	if err := k.rounds.Walk(ctx, nil, func(_ collections.Pair[uint64, uint64], r taskpb.Round) (bool, error) {
		g.Rounds = append(g.Rounds, r)
		return false, nil
	}); err != nil {
		return nil, err
	}
	last, err := k.next.Peek(ctx)
	g.Next = last + 1
	return &g, err
}
