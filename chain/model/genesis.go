package model

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/spec"
)

// Validate reports the first mistake in a genesis. Lines and tasks must ascend; the versions
// and cards of each line are numbered without gaps and as many as the line says; each version
// comes from a task of its line and from an earlier version; no owner has two lines with the
// same name.
func Validate(g modelpb.Genesis) error {
	lines, err := checkLines(g)
	if err != nil {
		return err
	}
	if err := lines.checkEntries(g); err != nil {
		return err
	}
	if err := lines.checkVersions(g); err != nil {
		return err
	}
	return lines.checkCards(g)
}

// history holds the lines of a genesis while it is checked.
type history struct {
	lines   map[uint64]spec.Line
	entries map[uint64]uint64 // lines by task
}

func checkLines(g modelpb.Genesis) (history, error) {
	h := history{lines: make(map[uint64]spec.Line), entries: make(map[uint64]uint64)}
	named := make(map[[2]string]bool)
	var before uint64
	for i := range g.Lines {
		l := g.Lines[i].ToSpec()
		name := [2]string{l.Owner, l.Name}
		err := l.Validate()
		switch {
		case err != nil:
			return h, ErrGenesis.Wrap(err.Error())
		case l.ID <= before:
			return h, ErrGenesis.Wrapf("line %d follows line %d: want ascending ids from 1", l.ID, before)
		case l.ID >= g.Next:
			return h, ErrGenesis.Wrapf("line %d: want ids below the next id %d", l.ID, g.Next)
		case named[name]:
			return h, ErrGenesis.Wrapf("line %d: its owner has another line with the name %q", l.ID, l.Name)
		}
		before, named[name], h.lines[l.ID] = l.ID, true, l
	}
	return h, nil
}

// checkEntries checks the tasks of each line.
func (h history) checkEntries(g modelpb.Genesis) error {
	tasks := make(map[uint64]uint64)
	var before uint64
	for _, e := range g.Entries {
		_, known := h.lines[e.Line]
		switch {
		case e.Task <= before:
			return ErrGenesis.Wrapf("entry of task %d follows that of task %d: want ascending tasks from 1", e.Task, before)
		case !known:
			return ErrGenesis.Wrapf("task %d publishes into line %d, which is missing", e.Task, e.Line)
		}
		before, h.entries[e.Task] = e.Task, e.Line
		tasks[e.Line]++
	}
	for _, l := range g.Lines {
		if l.Tasks == 0 || l.Tasks != tasks[l.Id] {
			return ErrGenesis.Wrapf("line %d says %d tasks: want %d, as many as publish into it, and at least 1", l.Id, l.Tasks, tasks[l.Id])
		}
		if task, own := spec.TaskOfLine(l.Name); own && h.entries[task] != l.Id {
			return ErrGenesis.Wrapf("line %d with the name %q: want task %d to publish into it", l.Id, l.Name, task)
		}
	}
	return nil
}

// checkVersions checks the versions of each line.
func (h history) checkVersions(g modelpb.Genesis) error {
	var at, number, scored uint64
	var score spec.PPM
	var height int64
	known := make(map[spec.Digest]bool) // digests of the line
	made := make(map[[2]uint64]bool)    // versions by task and round
	next := 0                           // index of the next version
	for _, l := range g.Lines {
		at, number, scored, score, height = l.Id, 0, 0, 0, 0
		clear(known)
		for ; next < len(g.Versions) && g.Versions[next].Line == at; next++ {
			v, err := g.Versions[next].ToSpec()
			if err == nil {
				err = v.Validate()
			}
			number++
			of := [2]uint64{v.Task, v.Round}
			switch {
			case err != nil:
				return ErrGenesis.Wrap(err.Error())
			case v.Number != number:
				return ErrGenesis.Wrapf("version %d of line %d: want number %d", v.Number, at, number)
			case h.entries[v.Task] != at:
				return ErrGenesis.Wrapf("version %d of line %d is of task %d: want a task of this line", number, at, v.Task)
			case v.Height < height:
				return ErrGenesis.Wrapf("version %d of line %d was published at height %d: want at least %d, that of the version before", number, at, v.Height, height)
			case !v.First() && !known[v.Base]:
				return ErrGenesis.Wrapf("version %d of line %d is made from %s: want an earlier version of the line", number, at, v.Base.Short())
			case v.Proposal == 0 && made[of]:
				return ErrGenesis.Wrapf("version %d of line %d is of task %d round %d: want one version per round", number, at, v.Task, v.Round)
			}
			height, known[v.Model] = v.Height, true
			made[of] = made[of] || v.Proposal == 0
			if v.Scored {
				scored, score = number, v.Score
			}
		}
		if l.Versions != number || l.Scored != scored || spec.PPM(l.Score) != score {
			return ErrGenesis.Wrapf("line %d says %d versions, newest scored version %d, score %d ppm: want %d, %d and %d",
				at, l.Versions, l.Scored, l.Score, number, scored, score)
		}
	}
	if next < len(g.Versions) {
		return ErrGenesis.Wrapf("version %d of line %d: want versions in the order of existing lines", g.Versions[next].Number, g.Versions[next].Line)
	}
	return nil
}

// checkCards checks the cards of each line.
func (h history) checkCards(g modelpb.Genesis) error {
	next := 0 // index of the next card
	for _, l := range g.Lines {
		var number uint32
		var height int64
		for ; next < len(g.Cards) && g.Cards[next].Line == l.Id; next++ {
			c := g.Cards[next]
			number++
			if err := spec.ValidateCard(c.Text); err != nil {
				return ErrGenesis.Wrapf("card %d of line %d: %s", c.Number, l.Id, err)
			}
			if c.Number != number || c.Height < height {
				return ErrGenesis.Wrapf("card %d of line %d at height %d: want number %d and at least height %d", c.Number, l.Id, c.Height, number, height)
			}
			height = c.Height
		}
		if l.Cards != number {
			return ErrGenesis.Wrapf("line %d says %d cards: want %d, as many as are listed", l.Id, l.Cards, number)
		}
	}
	if next < len(g.Cards) {
		return ErrGenesis.Wrapf("card %d of line %d: want cards in the order of existing lines", g.Cards[next].Number, g.Cards[next].Line)
	}
	return nil
}

// initialise writes a genesis.
func (k Keeper) initialise(ctx context.Context, g modelpb.Genesis) error {
	if err := Validate(g); err != nil {
		return err
	}
	if g.Next > 1 {
		if err := k.last.Set(ctx, g.Next-1); err != nil {
			return err
		}
	}
	for _, l := range g.Lines {
		if account, err := k.account(l.Owner); err != nil || account != l.Owner {
			return ErrGenesis.Wrapf("owner %q of line %d: want an address in the spelling of the chain", l.Owner, l.Id)
		}
		err := errors.Join(
			k.setLine(ctx, l.ToSpec()),
			k.architectures.Set(ctx, l.Id, l.Model),
			k.names.Set(ctx, collections.Join(l.Owner, l.Name), l.Id),
		)
		if err != nil {
			return err
		}
	}
	for _, e := range g.Entries {
		if err := k.entries.Set(ctx, e.Task, e.Line); err != nil {
			return err
		}
	}
	for i := range g.Versions {
		v, err := g.Versions[i].ToSpec()
		if err != nil {
			return err
		}
		if err := k.addVersion(ctx, v); err != nil {
			return err
		}
	}
	for _, c := range g.Cards {
		if err := k.cards.Set(ctx, collections.Join(c.Line, c.Number), c); err != nil {
			return err
		}
	}
	return nil
}

// export reads all lines.
func (k Keeper) export(ctx context.Context) (modelpb.Genesis, error) {
	last, err := k.last.Peek(ctx)
	if err != nil {
		return modelpb.Genesis{}, fmt.Errorf("read the newest id: %w", err)
	}
	g := modelpb.Genesis{Next: last + 1}
	err = errors.Join(
		k.lines.Walk(ctx, nil, func(id uint64, _ modelpb.Line) (bool, error) {
			l, err := k.wireLine(ctx, id)
			g.Lines = append(g.Lines, l)
			return err != nil, err
		}),
		k.entries.Walk(ctx, nil, func(task, line uint64) (bool, error) {
			g.Entries = append(g.Entries, modelpb.Entry{Task: task, Line: line})
			return false, nil
		}),
		k.versions.Walk(ctx, nil, func(_ collections.Pair[uint64, uint64], v modelpb.Version) (bool, error) {
			g.Versions = append(g.Versions, v)
			return false, nil
		}),
		k.cards.Walk(ctx, nil, func(_ collections.Pair[uint64, uint32], c modelpb.Card) (bool, error) {
			g.Cards = append(g.Cards, c)
			return false, nil
		}),
	)
	if err != nil {
		return g, fmt.Errorf("list model lines: %w", err)
	}
	return g, nil
}
