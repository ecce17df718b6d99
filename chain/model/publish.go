package model

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// Enter says into which line a new task publishes: that of its owner with this name, which
// is made where it is not there yet; without a name, one of the task's own, see
// [spec.LineOfTask]. It refuses a task whose architecture is not the line's, with
// [ErrArchitecture] and the first difference.
func (k Keeper) Enter(ctx context.Context, task uint64, owner, line string, architecture spec.Model) error {
	entered, err := k.entries.Has(ctx, task)
	if err != nil {
		return fmt.Errorf("read the line of task %d: %w", task, err)
	}
	if task == 0 || entered {
		return ErrEntered.Wrapf("task %d", task)
	}
	name := line
	if line == "" {
		name = spec.LineOfTask(task)
	}
	l, err := k.named(ctx, owner, name)
	switch {
	case errors.Is(err, ErrNotFound):
		if other, own := spec.TaskOfLine(line); own {
			return ErrLine.Wrapf("%q: only task %d makes a line of this name, and %s has none", line, other, owner)
		}
		if l, err = k.open(ctx, owner, name, architecture); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if difference := architecture.Difference(l.Model); difference != "" {
		return ErrArchitecture.Wrapf("line %d %q: %s", l.ID, l.Name, difference)
	}
	l.Tasks++
	return errors.Join(k.entries.Set(ctx, task, l.ID), k.keep(ctx, l))
}

// Publish appends a version to the line of its task and gives it the next number and the
// height. It refuses with [ErrVersion] a second version of one round, a second first model
// of one task, and what was made from no version of the line.
func (k Keeper) Publish(ctx context.Context, v spec.Version) error {
	line, err := k.Of(ctx, v.Task)
	if err != nil {
		return err
	}
	l, err := k.line(ctx, line)
	if err != nil {
		return err
	}
	if err := v.Validate(); err != nil {
		return ErrVersion.Wrap(err.Error())
	}
	if !v.First() {
		known, err := k.published(ctx, l.ID, v.Base)
		if err != nil {
			return err
		}
		if !known {
			return ErrVersion.Wrapf("it is made from %s, which is no version of line %d", v.Base.Short(), l.ID)
		}
	}
	l.Versions++
	v.Line, v.Number, v.Height = l.ID, l.Versions, sdk.UnwrapSDKContext(ctx).BlockHeight()
	if v.Scored {
		l.Scored, l.Score = v.Number, v.Score
	}
	if err := k.append(ctx, v); err != nil {
		return err
	}
	if err := k.keep(ctx, l); err != nil {
		return err
	}
	return emit(ctx, &modelpb.EventVersionPublished{Line: v.Line, Number: v.Number, Model: v.Model[:], Task: v.Task})
}

// Scored gives the version of a round the score that its evaluators agreed on. It is said
// once.
func (k Keeper) Scored(ctx context.Context, task, round uint64, score spec.PPM) error {
	number, err := k.rounds.Get(ctx, collections.Join(task, round))
	if errors.Is(err, collections.ErrNotFound) {
		return ErrVersion.Wrapf("round %d of task %d has published none", round, task)
	}
	if err != nil {
		return fmt.Errorf("read the version of round %d of task %d: %w", round, task, err)
	}
	line, err := k.Of(ctx, task)
	if err != nil {
		return err
	}
	l, err := k.line(ctx, line)
	if err != nil {
		return err
	}
	v, err := k.version(ctx, l.ID, number)
	if err != nil {
		return err
	}
	if v.Scored {
		return ErrVersion.Wrapf("version %d of line %d has a score already", number, l.ID)
	}
	v.Scored, v.Score = true, score
	if err := v.Validate(); err != nil {
		return ErrVersion.Wrap(err.Error())
	}
	if err := k.versions.Set(ctx, collections.Join(l.ID, number), modelpb.VersionFromSpec(v)); err != nil {
		return err
	}
	if number < l.Scored { // a newer one has been scored before it
		return nil
	}
	l.Scored, l.Score = number, score
	return k.keep(ctx, l)
}

// append stores a new version and finds it by what it is and by what made it.
func (k Keeper) append(ctx context.Context, v spec.Version) error {
	if v.Proposal == 0 {
		made := collections.Join(v.Task, v.Round)
		again, err := k.rounds.Has(ctx, made)
		if err != nil {
			return fmt.Errorf("read the version of round %d of task %d: %w", v.Round, v.Task, err)
		}
		if again {
			return ErrVersion.Wrapf("round %d of task %d has published one already", v.Round, v.Task)
		}
		if err := k.rounds.Set(ctx, made, v.Number); err != nil {
			return err
		}
	}
	again, err := k.published(ctx, v.Line, v.Model)
	if err != nil {
		return err
	}
	if !again { // a rollback leaves the first number
		if err := k.digests.Set(ctx, collections.Join(v.Line, v.Model[:]), v.Number); err != nil {
			return err
		}
	}
	return k.versions.Set(ctx, collections.Join(v.Line, v.Number), modelpb.VersionFromSpec(v))
}

// open makes a line.
func (k Keeper) open(ctx context.Context, owner, name string, architecture spec.Model) (spec.Line, error) {
	last, err := k.last.Next(ctx)
	if err != nil {
		return spec.Line{}, fmt.Errorf("number the line: %w", err)
	}
	architecture.Init = spec.Init{} // where one task's weights started says nothing of the line
	l := spec.Line{ID: last + 1, Owner: owner, Name: name, Model: architecture, Created: sdk.UnwrapSDKContext(ctx).BlockHeight()}
	if err := l.Validate(); err != nil {
		return l, ErrLine.Wrap(err.Error())
	}
	return l, errors.Join(
		k.names.Set(ctx, collections.Join(owner, name), l.ID),
		k.architectures.Set(ctx, l.ID, taskpb.ModelFromSpec(architecture)),
	)
}

func (k Keeper) named(ctx context.Context, owner, name string) (spec.Line, error) {
	id, err := k.names.Get(ctx, collections.Join(owner, name))
	if errors.Is(err, collections.ErrNotFound) {
		return spec.Line{}, ErrNotFound.Wrapf("%q of %s", name, owner)
	}
	if err != nil {
		return spec.Line{}, fmt.Errorf("read the lines of %s: %w", owner, err)
	}
	return k.Get(ctx, id)
}
