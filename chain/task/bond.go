package task

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Engage implements [round.World]. This module stores a node's parts and bond in each task;
// the registry stores their sums over all tasks.
func (w world) Engage(task spec.Task, node uint64, delta int) error {
	before, err := w.held(w.ctx, task.ID, node)
	if err != nil {
		return err
	}
	after := before
	switch parts := int64(before.Parts) + int64(delta); {
	case parts < 0:
		return fmt.Errorf("end %d parts of node %d in task %d: it has %d", -delta, node, task.ID, before.Parts)
	case before.Parts == 0:
		after.Bond, err = w.nodes.Hold(w.ctx, node, task.Bond())
		after.Parts = uint64(parts)
	case parts == 0:
		err = w.nodes.Unlock(w.ctx, node, before.Bond)
		after = taskpb.Held{}
	default:
		after.Parts = uint64(parts)
	}
	if err != nil {
		return err
	}
	if err := w.setHeld(w.ctx, task.ID, node, after); err != nil {
		return err
	}
	return w.nodes.Engage(w.ctx, node, delta)
}

// Slash implements [round.World].
func (w world) Slash(task spec.Task, node uint64, part spec.PPM, fault string, jail bool) (burned uint64, err error) {
	return w.Keeper.Slash(w.ctx, task, node, part, fault, jail)
}

// Slash burns a part of a node's bond in a task. If the task no longer holds a bond, the
// part is that of the bond which the task required.
func (k Keeper) Slash(ctx context.Context, task spec.Task, node uint64, part spec.PPM, fault string, jail bool) (burned uint64, err error) {
	held, err := k.held(ctx, task.ID, node)
	if err != nil {
		return 0, err
	}
	return k.nodes.Slash(ctx, node, task.ID, round.SlashBase(task, held.Bond), part, fault, jail)
}

// held returns a node's parts and bond in a task; zero if the node does not serve it.
func (k Keeper) held(ctx context.Context, task, node uint64) (taskpb.Held, error) {
	has, err := k.parts.Get(ctx, collections.Join(node, task))
	if errors.Is(err, collections.ErrNotFound) {
		return taskpb.Held{}, nil
	}
	return has, err
}

func (k Keeper) setHeld(ctx context.Context, task, node uint64, has taskpb.Held) error {
	key := collections.Join(node, task)
	if has.Parts == 0 {
		return k.parts.Remove(ctx, key)
	}
	return k.parts.Set(ctx, key, has)
}
