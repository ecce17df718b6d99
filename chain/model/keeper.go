// Package model is the registry of models on the chain: lines of versions, the tasks that made
// them, how many nodes took part, their scores, and cards that their owners write.
//
// The application builds a [Keeper] and wraps it in a [Module]; chain/task publishes versions.
// README.md describes state and messages. The package stores no weights, only digests, and it
// does not decide what becomes a version: that is package round.
package model

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/althing-network/althing/pb/modelpb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// Name is the module's name and its store key.
const Name = "model"

var (
	_ modelpb.MsgServer   = Keeper{}
	_ modelpb.QueryServer = Keeper{}
)

// Keeper owns the lines and serves their messages and queries.
type Keeper struct {
	addresses address.Codec

	last          collections.Sequence                                               // id of the newest line
	lines         collections.Map[uint64, modelpb.Line]                              // by id, without their architectures
	architectures collections.Map[uint64, taskpb.Model]                              // by line; apart from the line, because they are long and never change
	names         collections.Map[collections.Pair[string, string], uint64]          // lines by owner and name
	entries       collections.Map[uint64, uint64]                                    // lines by task
	versions      collections.Map[collections.Pair[uint64, uint64], modelpb.Version] // by line and number
	digests       collections.Map[collections.Pair[uint64, []byte], uint64]          // first number by line and digest
	rounds        collections.Map[collections.Pair[uint64, uint64], uint64]          // number by task and round, round 0 for a task's first model
	cards         collections.Map[collections.Pair[uint64, uint32], modelpb.Card]    // by line and number
}

// NewKeeper returns a keeper over a store.
func NewKeeper(cdc codec.BinaryCodec, kv store.KVStoreService, addresses address.Codec) Keeper {
	sb := collections.NewSchemaBuilder(kv)
	numbered := collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)
	k := Keeper{
		addresses:     addresses,
		last:          collections.NewSequence(sb, collections.NewPrefix(0), "last"),
		lines:         collections.NewMap(sb, collections.NewPrefix(1), "lines", collections.Uint64Key, codec.CollValue[modelpb.Line](cdc)),
		names:         collections.NewMap(sb, collections.NewPrefix(2), "names", collections.PairKeyCodec(collections.StringKey, collections.StringKey), collections.Uint64Value),
		entries:       collections.NewMap(sb, collections.NewPrefix(3), "entries", collections.Uint64Key, collections.Uint64Value),
		versions:      collections.NewMap(sb, collections.NewPrefix(4), "versions", numbered, codec.CollValue[modelpb.Version](cdc)),
		digests:       collections.NewMap(sb, collections.NewPrefix(5), "digests", collections.PairKeyCodec(collections.Uint64Key, collections.BytesKey), collections.Uint64Value),
		rounds:        collections.NewMap(sb, collections.NewPrefix(6), "rounds", numbered, collections.Uint64Value),
		architectures: collections.NewMap(sb, collections.NewPrefix(8), "architectures", collections.Uint64Key, codec.CollValue[taskpb.Model](cdc)),
		cards:         collections.NewMap(sb, collections.NewPrefix(7), "cards", collections.PairKeyCodec(collections.Uint64Key, collections.Uint32Key), codec.CollValue[modelpb.Card](cdc)),
	}
	if _, err := sb.Build(); err != nil {
		panic(err) // two collections have the same prefix
	}
	return k
}

// Get returns a line, or [ErrNotFound].
func (k Keeper) Get(ctx context.Context, id uint64) (spec.Line, error) {
	l, err := k.line(ctx, id)
	if err != nil {
		return l, err
	}
	architecture, err := k.architectures.Get(ctx, id)
	if err != nil {
		return l, fmt.Errorf("read the architecture of line %d: %w", id, err)
	}
	l.Model = architecture.ToSpec()
	return l, nil
}

// CountEntries counts the tasks that publish into a line.
func (k Keeper) CountEntries(ctx context.Context) (n uint64, err error) {
	err = k.entries.Walk(ctx, nil, func(uint64, uint64) (bool, error) { n++; return false, nil })
	return n, err
}

// LineOf returns the id of the line that a task publishes into, or [ErrNotFound].
func (k Keeper) LineOf(ctx context.Context, task uint64) (uint64, error) {
	id, err := k.entries.Get(ctx, task)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, ErrNotFound.Wrapf("task %d", task)
	}
	if err != nil {
		return 0, fmt.Errorf("read the line of task %d: %w", task, err)
	}
	return id, nil
}

// Newest returns the newest version of a line, or [ErrNotFound] if it has none.
func (k Keeper) Newest(ctx context.Context, line uint64) (spec.Version, error) {
	l, err := k.line(ctx, line)
	if err != nil {
		return spec.Version{}, err
	}
	if l.Versions == 0 {
		return spec.Version{}, ErrNotFound.Wrapf("line %d has no version", line)
	}
	return k.version(ctx, line, l.Versions)
}

// Published reports whether a version of a task's line has this digest.
func (k Keeper) Published(ctx context.Context, task uint64, digest spec.Digest) (bool, error) {
	line, err := k.LineOf(ctx, task)
	if err != nil {
		return false, err
	}
	return k.published(ctx, line, digest)
}

func (k Keeper) published(ctx context.Context, line uint64, digest spec.Digest) (bool, error) {
	known, err := k.digests.Has(ctx, collections.Join(line, digest[:]))
	if err != nil {
		return false, fmt.Errorf("read the digests of line %d: %w", line, err)
	}
	return known, nil
}

// line returns a line without its architecture, or [ErrNotFound].
func (k Keeper) line(ctx context.Context, id uint64) (spec.Line, error) {
	l, err := k.lines.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return spec.Line{}, ErrNotFound.Wrapf("line %d", id)
	}
	if err != nil {
		return spec.Line{}, fmt.Errorf("read line %d: %w", id, err)
	}
	return l.ToSpec(), nil
}

// setLine stores a line without its architecture.
func (k Keeper) setLine(ctx context.Context, l spec.Line) error {
	l.Model = spec.Model{}
	return k.lines.Set(ctx, l.ID, modelpb.LineFromSpec(l))
}

func (k Keeper) version(ctx context.Context, line, number uint64) (spec.Version, error) {
	v, err := k.versions.Get(ctx, collections.Join(line, number))
	if err != nil {
		return spec.Version{}, fmt.Errorf("read version %d of line %d: %w", number, line, err)
	}
	return v.ToSpec()
}
