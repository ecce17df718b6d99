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

// Enter adds a new task to the line of its owner with this name, which it creates if needed.
// Without a name the task gets a line of its own, see [spec.LineOfTask]. A task with another
// architecture than the line is refused with [ErrArchitecture] and the first difference.
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
	l, err := k.lineByName(ctx, owner, name)
	switch {
	case errors.Is(err, ErrNotFound):
		if other, own := spec.TaskOfLine(line); own {
			return ErrLine.Wrapf("line %q of %s does not exist: only task %d can create a line with this name", line, owner, other)
		}
		if l, err = k.newLine(ctx, owner, name, architecture); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if difference := architecture.Difference(l.Model); difference != "" {
		return ErrArchitecture.Wrapf("line %d %q: %s", l.ID, l.Name, difference)
	}
	l.Tasks++
	return errors.Join(k.entries.Set(ctx, task, l.ID), k.setLine(ctx, l))
}

// Publish adds a version to the line of its task and sets its number and height. It returns
// [ErrVersion] for a second version of a round, a second first model of a task, and a model
// whose base is not a version of the line.
func (k Keeper) Publish(ctx context.Context, v spec.Version) error {
	line, err := k.LineOf(ctx, v.Task)
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
			return ErrVersion.Wrapf("base %s: want a version of line %d", v.Base.Short(), l.ID)
		}
	}
	l.Versions++
	v.Line, v.Number, v.Height = l.ID, l.Versions, sdk.UnwrapSDKContext(ctx).BlockHeight()
	if v.Scored {
		l.Scored, l.Score = v.Number, v.Score
	}
	if err := k.addVersion(ctx, v); err != nil {
		return err
	}
	if err := k.setLine(ctx, l); err != nil {
		return err
	}
	return emit(ctx, &modelpb.EventVersionPublished{Line: v.Line, Number: v.Number, Model: v.Model[:], Task: v.Task})
}

// SetScore sets the score of the version of a round, once.
func (k Keeper) SetScore(ctx context.Context, task, round uint64, score spec.PPM) error {
	number, err := k.rounds.Get(ctx, collections.Join(task, round))
	if errors.Is(err, collections.ErrNotFound) {
		return ErrVersion.Wrapf("task %d round %d has no version to score", task, round)
	}
	if err != nil {
		return fmt.Errorf("read the version of round %d of task %d: %w", round, task, err)
	}
	line, err := k.LineOf(ctx, task)
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
	if number < l.Scored { // a newer version has a score
		return nil
	}
	l.Scored, l.Score = number, score
	return k.setLine(ctx, l)
}

// addVersion stores a new version with its entries in the indexes of digests and rounds.
func (k Keeper) addVersion(ctx context.Context, v spec.Version) error {
	if v.Proposal == 0 {
		made := collections.Join(v.Task, v.Round)
		exists, err := k.rounds.Has(ctx, made)
		if err != nil {
			return fmt.Errorf("read the version of round %d of task %d: %w", v.Round, v.Task, err)
		}
		if exists {
			return ErrVersion.Wrapf("task %d round %d has a version already: want one per round", v.Task, v.Round)
		}
		if err := k.rounds.Set(ctx, made, v.Number); err != nil {
			return err
		}
	}
	exists, err := k.published(ctx, v.Line, v.Model)
	if err != nil {
		return err
	}
	if !exists { // a version that returns to an earlier model keeps the first number in the index
		if err := k.digests.Set(ctx, collections.Join(v.Line, v.Model[:]), v.Number); err != nil {
			return err
		}
	}
	return k.versions.Set(ctx, collections.Join(v.Line, v.Number), modelpb.VersionFromSpec(v))
}

// newLine creates a line.
func (k Keeper) newLine(ctx context.Context, owner, name string, architecture spec.Model) (spec.Line, error) {
	last, err := k.last.Next(ctx)
	if err != nil {
		return spec.Line{}, fmt.Errorf("number the line: %w", err)
	}
	architecture.Init = spec.Init{} // the first weights belong to a task, not to the line
	l := spec.Line{ID: last + 1, Owner: owner, Name: name, Model: architecture, Created: sdk.UnwrapSDKContext(ctx).BlockHeight()}
	if err := l.Validate(); err != nil {
		return l, ErrLine.Wrap(err.Error())
	}
	return l, errors.Join(
		k.names.Set(ctx, collections.Join(owner, name), l.ID),
		k.architectures.Set(ctx, l.ID, taskpb.ModelFromSpec(architecture)),
	)
}

func (k Keeper) lineByName(ctx context.Context, owner, name string) (spec.Line, error) {
	id, err := k.names.Get(ctx, collections.Join(owner, name))
	if errors.Is(err, collections.ErrNotFound) {
		return spec.Line{}, ErrNotFound.Wrapf("%q of %s", name, owner)
	}
	if err != nil {
		return spec.Line{}, fmt.Errorf("read the lines of %s: %w", owner, err)
	}
	return k.Get(ctx, id)
}
