package model

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// Inconsistencies lists inconsistencies in the stored models; a sound chain has none. It checks
// the lines as those of a genesis, and every index against them.
func (k Keeper) Inconsistencies(ctx context.Context) (found []string, err error) {
	report := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	g, err := k.export(ctx)
	if err != nil {
		return found, err
	}
	if err := Validate(g); err != nil {
		report("%s", err)
	}
	for _, l := range g.Lines {
		of, err := k.names.Get(ctx, collections.Join(l.Owner, l.Name))
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return found, err
		}
		if of != l.Id {
			report("line %d: the index of names has line %d", l.Id, of)
		}
	}
	digests, rounds, err := k.indexed(ctx, g.Versions, report)
	if err != nil {
		return found, err
	}
	shaped, named, known, made := 0, 0, 0, 0
	err = errors.Join(
		k.architectures.Walk(ctx, nil, func(uint64, taskpb.Model) (bool, error) { shaped++; return false, nil }),
		k.names.Walk(ctx, nil, func(collections.Pair[string, string], uint64) (bool, error) { named++; return false, nil }),
		k.digests.Walk(ctx, nil, func(collections.Pair[uint64, []byte], uint64) (bool, error) { known++; return false, nil }),
		k.rounds.Walk(ctx, nil, func(collections.Pair[uint64, uint64], uint64) (bool, error) { made++; return false, nil }),
	)
	if shaped != len(g.Lines) || named != len(g.Lines) || known != digests || made != rounds {
		report("%d lines, %d architectures, %d names: want the same number; %d digests, want %d; %d rounds, want %d", len(g.Lines), shaped, named, known, digests, made, rounds)
	}
	return found, err
}

// indexed looks up every version in the indexes, and counts the entries that these should
// have.
func (k Keeper) indexed(ctx context.Context, versions []modelpb.Version, report func(string, ...any)) (digests, rounds int, err error) {
	type model struct {
		line   uint64
		digest spec.Digest
	}
	first := make(map[model]uint64)
	for i := range versions {
		v, err := versions[i].ToSpec()
		if err != nil {
			report("%s", err)
			continue
		}
		at := model{v.Line, v.Model}
		if first[at] == 0 {
			first[at] = v.Number
			digests++
		}
		of, err := k.digests.Get(ctx, collections.Join(v.Line, v.Model[:]))
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return digests, rounds, err
		}
		if of != first[at] {
			report("version %d of line %d: the index of digests has version %d, want %d", v.Number, v.Line, of, first[at])
		}
		if v.Proposal > 0 {
			continue
		}
		rounds++
		of, err = k.rounds.Get(ctx, collections.Join(v.Task, v.Round))
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return digests, rounds, err
		}
		if of != v.Number {
			report("version %d of line %d: the index of rounds has version %d", v.Number, v.Line, of)
		}
	}
	return digests, rounds, nil
}
