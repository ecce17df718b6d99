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

// Contradictions says what is stored of models that does not agree: nothing, on a sound
// chain. The lines are what a genesis may have, and every index finds what is there, and
// nothing else.
func (k Keeper) Contradictions(ctx context.Context) (found []string, err error) {
	say := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	g, err := k.export(ctx)
	if err != nil {
		return found, err
	}
	if err := Validate(g); err != nil {
		say("%s", err)
	}
	for _, l := range g.Lines {
		of, err := k.names.Get(ctx, collections.Join(l.Owner, l.Name))
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return found, err
		}
		if of != l.Id {
			say("line %d is found as %d by its name", l.Id, of)
		}
	}
	digests, rounds, err := k.indexed(ctx, g.Versions, say)
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
		say("%d architectures and %d names of %d lines, %d digests and %d rounds: want %d and %d", shaped, named, len(g.Lines), known, made, digests, rounds)
	}
	return found, err
}

// indexed looks for every version in the indexes, and counts the entries that these should
// have.
func (k Keeper) indexed(ctx context.Context, versions []modelpb.Version, say func(string, ...any)) (digests, rounds int, err error) {
	type model struct {
		line   uint64
		digest spec.Digest
	}
	first := make(map[model]uint64)
	for i := range versions {
		v, err := versions[i].ToSpec()
		if err != nil {
			say("%s", err)
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
			say("version %d of line %d is found as %d by its digest: want %d", v.Number, v.Line, of, first[at])
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
			say("version %d of line %d is found as %d by its round", v.Number, v.Line, of)
		}
	}
	return digests, rounds, nil
}
