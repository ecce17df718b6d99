package role

import (
	"context"
	"errors"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// Prune forgets the updates and the models of rounds that ended longer ago than
// their task retains them, in network time, and returns what it forgot. A task's newest model is
// kept for good, and the state behind it as long as the task is open.
func Prune(ctx context.Context, s blob.Store, c Records, now spec.Time) (forgotten []blob.Ref, err error) {
	labels, err := s.Labels(ctx)
	if err != nil {
		return nil, err
	}
	goesOn := map[spec.Slot]bool{} // places of the newest models of open tasks
	for _, l := range labels {
		task, err := c.Task(ctx, l.Slot.Task)
		if err != nil {
			return forgotten, err
		}
		ended, over := task.Since, task.State.Final()
		if l.Slot.Round > 0 {
			round, err := c.Round(ctx, l.Slot.Task, l.Slot.Round)
			if err != nil {
				return forgotten, err
			}
			ended, over = round.Since, round.Phase.Final()
		}
		newest := l.Kind == blob.Model && l.Digest == task.Model
		if newest && !task.State.Final() {
			goesOn[l.Slot] = true
		}
		needed := newest || l.Kind == blob.State && goesOn[l.Slot] // the model's label comes first
		if needed || !over || now <= ended.After(task.Spec.Retain) {
			continue
		}
		if err := s.Forget(ctx, l.Ref); err != nil {
			return forgotten, err
		}
		forgotten = append(forgotten, l.Ref)
	}
	return forgotten, nil
}

// Sweep deletes blobs that no label leads to and no duty names: models that were
// fetched for work that is done.
func Sweep(ctx context.Context, s blob.Store, duties []Duty) error {
	needed := map[spec.Digest]bool{}
	for _, d := range duties {
		needed[d.Task.Model], needed[d.Round.Base], needed[d.Round.Next] = true, true, true
	}
	blobs, err := s.List(ctx)
	if err != nil {
		return err
	}
	for _, d := range blobs {
		if needed[d] {
			continue
		}
		if err := s.Delete(ctx, d); err != nil && !errors.Is(err, blob.ErrLabelled) && !errors.Is(err, blob.ErrNotFound) {
			return err
		}
	}
	return nil
}
