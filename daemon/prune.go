package daemon

import (
	"context"
	"errors"
	"log/slog"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// every is how many blocks pass between two looks for what need not be kept.
const every = 100

// prune forgets the updates and the models of rounds that ended longer ago than
// their task retains them. A task's newest model is kept for good.
func (p *Participant) prune(ctx context.Context, now int64) error {
	labels, err := p.tools.Store.Labels(ctx)
	if err != nil {
		return err
	}
	for _, l := range labels {
		task, err := p.chain.Task(ctx, l.Slot.Task)
		if err != nil {
			return err
		}
		ended := task.Closed
		if l.Slot.Round > 0 {
			round, err := p.chain.Round(ctx, l.Slot.Task, l.Slot.Round)
			if err != nil {
				return err
			}
			ended = round.Closed
		}
		newest := l.Kind == blob.Model && l.Digest == task.Model
		if newest || ended == 0 || now <= ended+int64(task.Spec.Retain) {
			continue
		}
		if err := p.tools.Store.Forget(ctx, l.Ref); err != nil {
			return err
		}
		p.log.Info("blob is kept no longer", slog.String("blob", l.Path()))
	}
	return p.sweep(ctx)
}

// sweep deletes models that were fetched for work that is done: no label leads
// to them and no duty names them.
func (p *Participant) sweep(ctx context.Context) error {
	duties, err := p.duties(ctx)
	if err != nil {
		return err
	}
	needed := map[spec.Digest]bool{}
	for _, d := range duties {
		needed[d.Task.Model], needed[d.Round.Base], needed[d.Round.Next] = true, true, true
	}
	blobs, err := p.tools.Store.List(ctx)
	if err != nil {
		return err
	}
	for _, d := range blobs {
		if needed[d] {
			continue
		}
		if err := p.tools.Store.Delete(ctx, d); err != nil && !errors.Is(err, blob.ErrLabelled) && !errors.Is(err, blob.ErrNotFound) {
			return err
		}
	}
	return nil
}
