package task

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// enterLine adds a new task to the line that its task file names.
func (k Keeper) enterLine(ctx context.Context, t spec.Task) error {
	if k.models == nil {
		return nil
	}
	return k.models.Enter(ctx, t.ID, t.Owner, t.Spec.Line, t.Spec.Model)
}

// checkInit refuses a first model that nobody could fetch: its holder is not registered, or
// its task does not exist, has another architecture or never published this model.
func (k Keeper) checkInit(ctx context.Context, asked spec.TaskSpec) error {
	from := asked.Model.Init
	if from.Holder > 0 {
		if _, err := k.nodes.OwnerOf(ctx, from.Holder); err != nil {
			return err
		}
	}
	if from.Task == 0 {
		return nil
	}
	stored, err := k.task(ctx, from.Task)
	if err != nil {
		return withCode(fmt.Errorf("model.init.task: %w", err))
	}
	published := k.models == nil
	if !published {
		if published, err = k.models.Published(ctx, from.Task, from.Model); err != nil {
			return err
		}
	}
	earlier, err := convert(stored.ToSpec)
	if err != nil {
		return err
	}
	err = asked.StartsWith(earlier)
	if err == nil && !published {
		err = &spec.FieldError{Field: "model.init.model", Why: fmt.Sprintf("%s: want a published version of the line of task %d", from.Model.Short(), from.Task)}
	}
	if err != nil {
		err = withCode(fmt.Errorf("%w: %w", round.ErrSpec, err))
	}
	return err
}

// checkBase refuses an update of a governed task whose base is not a published version of the
// task's line: proposer and voters judged another model.
func (k Keeper) checkBase(ctx context.Context, task uint64, in round.Amend) error {
	stored, err := k.task(ctx, task)
	if err != nil {
		return err
	}
	if !stored.Spec.Governed { // package round refuses it
		return nil
	}
	published := false
	if k.models != nil && !in.Base.IsZero() {
		if published, err = k.models.Published(ctx, task, in.Base); err != nil {
			return err
		}
	}
	if !published {
		return withCode(fmt.Errorf("task %d: %s: %w", task, in.Base.Short(), round.ErrBase))
	}
	return nil
}

// checkServed refuses a model that aggregators could not fetch: it is not a published version of
// the task's line, and no registered node is named that serves it.
func (k Keeper) checkServed(ctx context.Context, task uint64, model spec.Digest, holder uint64) error {
	if holder > 0 {
		_, err := k.nodes.OwnerOf(ctx, holder)
		return err
	}
	published, err := k.models.Published(ctx, task, model)
	if err == nil && !published {
		err = withCode(fmt.Errorf("task %d: %s: %w", task, model.Short(), round.ErrUnserved))
	}
	return err
}

// updateModels updates the registry of models for an effect that makes or scores a version.
func (w world) updateModels(s round.State, e round.Effect) error {
	if w.models == nil {
		return nil
	}
	task := s.Task.ID
	if e, ok := e.(round.Publish); ok && e.Round == 0 {
		return w.models.Publish(w.ctx, spec.Version{Task: task, Model: e.Model})
	} else if ok && e.Scored {
		return w.models.SetScore(w.ctx, task, e.Round, e.Score)
	}
	if e, ok := e.(round.AskScores); ok {
		return w.models.Publish(w.ctx, version(s, e))
	}
	if e, ok := e.(round.Amended); ok && !e.Model.IsZero() {
		return w.models.Publish(w.ctx, spec.Version{Task: task, Model: e.Model, Proposal: e.Proposal, Base: e.Base})
	}
	return nil
}

// version returns the version of a round whose model was accepted.
func version(s round.State, e round.AskScores) spec.Version {
	r := s.Round
	if r.Number != e.Round {
		r = s.Scoring
	}
	v := spec.Version{Task: s.Task.ID, Round: r.Number, Model: e.Model, Base: r.Base}
	for _, c := range r.Trainers {
		if c.Survivor {
			v.Trainers++
		}
	}
	v.Participants = v.Trainers + uint32(len(r.Scores))
	for _, a := range r.Aggregates {
		if a.Digest == e.Model {
			v.Participants++
		}
	}
	return v
}
