package node

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// Held is what the module's account must hold: all stakes, in uthing.
func (k Keeper) Held(ctx context.Context) (sum uint64, err error) {
	err = k.stakes.Walk(ctx, nil, func(_, stake uint64) (bool, error) {
		sum += stake
		return false, nil
	})
	return sum, err
}

// Contradictions says what is stored of nodes that does not agree, also with how many
// parts each has in tasks: nothing, on a sound chain.
func (k Keeper) Contradictions(ctx context.Context, parts func(ctx context.Context, node uint64) (uint64, error)) (found []string, err error) {
	say := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	nodes := 0
	err = k.registrations.Walk(ctx, nil, func(id uint64, r nodepb.Registration) (bool, error) {
		nodes++
		n, err := k.join(ctx, id, r)
		if errors.Is(err, collections.ErrNotFound) {
			say("node %d: %s", id, err)
			return false, nil
		}
		if err != nil {
			return true, err
		}
		if n.Reputation > uint32(spec.One) {
			say("node %d has a reputation of %d ppm", id, n.Reputation)
		}
		busy, err := parts(ctx, id)
		if err != nil {
			return true, err
		}
		if uint64(n.Busy) != busy {
			say("node %d has %d parts, and %d in tasks", id, n.Busy, busy)
		}
		account, err := sdk.AccAddressFromBech32(r.Owner)
		if err != nil {
			say("node %d: %s", id, err)
			return false, nil
		}
		if of, err := k.owners.Get(ctx, account); err != nil || of != id {
			say("node %d belongs to %s, whose node is %d", id, r.Owner, of)
		}
		return false, nil
	})
	if err != nil {
		return found, err
	}
	owners, err := entries(ctx, k.owners)
	if err != nil {
		return found, err
	}
	stakes, err := entries(ctx, k.stakes)
	if err != nil {
		return found, err
	}
	standings, err := entries(ctx, k.standings)
	if owners != nodes || stakes != nodes || standings != nodes {
		say("%d owners, %d stakes and %d standings of %d nodes", owners, stakes, standings, nodes)
	}
	return found, err
}

// entries counts what a map has.
func entries[K, V any](ctx context.Context, m collections.Map[K, V]) (n int, err error) {
	err = m.Walk(ctx, nil, func(K, V) (bool, error) {
		n++
		return false, nil
	})
	return n, err
}
