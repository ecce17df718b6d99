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

// Held is what the module's account must hold, in uthing: all stakes and all unbondings.
func (k Keeper) Held(ctx context.Context) (sum uint64, err error) {
	err = k.deposits.Walk(ctx, nil, func(_ uint64, stored nodepb.Deposit) (bool, error) {
		d, err := stored.ToSpec()
		sum += d.Locked()
		return err != nil, err
	})
	return sum, err
}

// Inconsistencies lists inconsistencies in the stored nodes; a sound chain has none. It also
// compares each node with tasks, which returns the node's parts in running tasks and what
// these hold of its stake in uthing.
func (k Keeper) Inconsistencies(ctx context.Context, tasks func(ctx context.Context, node uint64) (parts, bond uint64, err error)) (found []string, err error) {
	report := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	nodes, exited, active, votable := 0, 0, 0, uint64(0)
	err = k.registrations.Walk(ctx, nil, func(id uint64, r nodepb.Registration) (bool, error) {
		nodes++
		stored, err := k.assembleWithoutHistory(ctx, id, r)
		if errors.Is(err, collections.ErrNotFound) {
			report("node %d: %s", id, err)
			return false, nil
		}
		if err != nil {
			return true, err
		}
		n, err := stored.ToSpec()
		if err != nil {
			report("%s", err)
			return false, nil
		}
		if n.Reputation > spec.One {
			report("node %d has a reputation of %d ppm", id, n.Reputation)
		}
		if err := round.CheckDeposit(n.Deposit); err != nil {
			report("node %d: %s", id, err)
		}
		votable += n.OwnStake()
		busy, bond, err := tasks(ctx, id)
		if err != nil {
			return true, err
		}
		if uint64(n.Busy) != busy || n.Bonded != bond {
			report("node %d: its record has %d parts and a bond of %s, tasks have %d parts and %s", id, n.Busy, spec.Money(n.Bonded), busy, spec.Money(bond))
		}
		listed, err := k.active.Has(ctx, id)
		if err != nil {
			return true, err
		}
		if listed != n.Selectable() {
			report("node %d is %s; in the index of active nodes: %t", id, n.State, listed)
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
			report("node %d: %s", id, err)
			return false, nil
		}
		if of, err := k.owners.Get(ctx, account); err != nil || of != id {
			report("node %d belongs to %s, but the index of owners has node %d", id, r.Owner, of)
		}
		return false, nil
	})
	if err != nil {
		return found, err
	}
	if sum, err := k.Votable(ctx); err != nil || sum != votable {
		report("stakes with a vote are %s, the stored sum is %s (error: %v)", spec.Money(votable), spec.Money(sum), err)
	}
	owners, err := countEntries(ctx, k.owners)
	if err != nil {
		return found, err
	}
	deposits, err := countEntries(ctx, k.deposits.Map)
	if err != nil {
		return found, err
	}
	standings, err := countEntries(ctx, k.standings.Map)
	if err != nil {
		return found, err
	}
	listed := 0
	err = k.active.Walk(ctx, nil, func(uint64) (bool, error) {
		listed++
		return false, nil
	})
	if owners != nodes-exited || deposits != nodes || standings != nodes-exited || listed != active {
		report("%d nodes, %d exited, %d active; the indexes have %d owners, %d deposits, %d standings and %d active nodes", nodes, exited, active, owners, deposits, standings, listed)
	}
	return found, err
}

// countEntries counts the entries of a map.
func countEntries[K, V any](ctx context.Context, m collections.Map[K, V]) (n int, err error) {
	err = m.Walk(ctx, nil, func(K, V) (bool, error) {
		n++
		return false, nil
	})
	return n, err
}
