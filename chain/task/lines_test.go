package task_test

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/spec"
)

// lines is a registry of models over a store: the models that each task has published, and their
// scores.
type lines struct {
	versions collections.Map[collections.Pair[uint64, []byte], string] // task, model: in words
	scores   collections.Map[collections.Pair[uint64, uint64], uint32] // task, round
}

var _ task.Models = &lines{}

func newLines(kv store.KVStoreService) *lines {
	sb := collections.NewSchemaBuilder(kv)
	return &lines{
		versions: collections.NewMap(sb, collections.NewPrefix(0), "versions", collections.PairKeyCodec(collections.Uint64Key, collections.BytesKey), collections.StringValue),
		scores:   collections.NewMap(sb, collections.NewPrefix(1), "scores", collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key), collections.Uint32Value),
	}
}

func pair(task uint64, model spec.Digest) collections.Pair[uint64, []byte] {
	return collections.Join(task, model[:])
}

func (l *lines) Enter(context.Context, uint64, string, string, spec.Model) error { return nil }

func (l *lines) Publish(ctx context.Context, v spec.Version) error {
	if v.Round > 0 || v.Proposal > 0 {
		if known, err := l.Published(ctx, v.Task, v.Base); err != nil || !known {
			return fmt.Errorf("%+v is made from no version: %w", v, err)
		}
	}
	return l.versions.Set(ctx, pair(v.Task, v.Model),
		fmt.Sprintf("round %d, proposal %d, from %s, %d updates of %d participants", v.Round, v.Proposal, v.Base.Short(), v.Trainers, v.Participants))
}

func (l *lines) SetScore(ctx context.Context, task, round uint64, score spec.PPM) error {
	at := collections.Join(task, round)
	if scored, err := l.scores.Has(ctx, at); err != nil || scored {
		return fmt.Errorf("round %d has a score already: %w", round, err)
	}
	return l.scores.Set(ctx, at, uint32(score))
}

func (l *lines) Published(ctx context.Context, task uint64, model spec.Digest) (bool, error) {
	return l.versions.Has(ctx, pair(task, model))
}
