package node

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Held is what the module's account must hold: all stakes, and what is on its way out, in
// uthing.
func (k Keeper) Held(ctx context.Context) (sum uint64, err error) {
	err = k.deposits.Walk(ctx, nil, func(_ uint64, stored nodepb.Deposit) (bool, error) {
		d, err := stored.ToSpec()
		sum += d.Locked()
		return err != nil, err
	})
	return sum, err
}

// Contradictions says what is stored of nodes that does not agree, also with how many
// parts each has in tasks, and what these hold of its stake in uthing: nothing, on a sound
// chain.
func (k Keeper) Contradictions(ctx context.Context, tasks func(ctx context.Context, node uint64) (parts, bond uint64, err error)) (found []string, err error) {
	say := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	nodes, exited, active, votable := 0, 0, 0, uint64(0)
	err = k.registrations.Walk(ctx, nil, func(id uint64, r nodepb.Registration) (bool, error) {
		nodes++
		stored, err := k.join(ctx, id, r)
		if errors.Is(err, collections.ErrNotFound) {
			say("node %d: %s", id, err)
			return false, nil
		}
		if err != nil {
			return true, err
		}
		n, err := stored.ToSpec()
		if err != nil {
			say("%s", err)
			return false, nil
		}
		if n.Reputation > spec.One {
			say("node %d has a reputation of %d ppm", id, n.Reputation)
		}
		if err := round.CheckDeposit(n.Deposit); err != nil {
			say("node %d: %s", id, err)
		}
		votable += n.Own()
		busy, bond, err := tasks(ctx, id)
		if err != nil {
			return true, err
		}
		if uint64(n.Busy) != busy || n.Bonded != bond {
			say("node %d has %d parts, and %d in tasks; of its stake %d uthing are bonded, and tasks hold %d", id, n.Busy, busy, n.Bonded, bond)
		}
		listed, err := k.active.Has(ctx, id)
		if err != nil {
			return true, err
		}
		if listed != n.Selectable() {
			say("node %d is %s, and is listed as one that may be selected: %t", id, n.State, listed)
		}
		if listed {
			active++
		}
		if n.State == spec.NodeExited {
			exited++
			return false, nil
		}
		account, err := k.account(r.Owner)
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
	if sum, err := k.Votable(ctx); err != nil || sum != votable {
		say("%d uthing have a vote, and %d are counted, %v", votable, sum, err)
	}
	owners, err := entries(ctx, k.owners)
	if err != nil {
		return found, err
	}
	deposits, err := entries(ctx, k.deposits.Map)
	if err != nil {
		return found, err
	}
	standings, err := entries(ctx, k.standings.Map)
	if err != nil {
		return found, err
	}
	listed := 0
	err = k.active.Walk(ctx, nil, func(uint64) (bool, error) {
		listed++
		return false, nil
	})
	if owners != nodes-exited || deposits != nodes || standings != nodes-exited || listed != active {
		say("%d owners, %d deposits and %d standings of %d nodes, of which %d have exited; %d are listed as those that may be selected, and %d are", owners, deposits, standings, nodes, exited, listed, active)
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
