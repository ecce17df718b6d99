package node

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// DefaultParams ask for one THING of stake and for endpoints that others reach.
func DefaultParams() nodepb.Params { return nodepb.Params{MinStake: 1_000_000} }

// Validate reports the first thing that is wrong with a genesis: ids ascend from
// 1 and stay below Next, and each node has a stake and a profile that is valid on this
// network.
func Validate(g nodepb.Genesis) error {
	var before uint64
	for i := range g.Nodes {
		n, err := g.Nodes[i].ToSpec()
		if err != nil {
			return ErrGenesis.Wrap(err.Error())
		}
		switch err := check(n.Profile, g.Params); {
		case err != nil:
			return ErrGenesis.Wrapf("node %d: %s", n.ID, err)
		case n.ID <= before:
			return ErrGenesis.Wrapf("node %d behind node %d: want ascending ids from 1", n.ID, before)
		case n.ID >= g.Next:
			return ErrGenesis.Wrapf("node %d: the next id is %d", n.ID, g.Next)
		case n.Stake == 0:
			return ErrGenesis.Wrapf("node %d has no stake", n.ID)
		case n.Reputation > spec.One:
			return ErrGenesis.Wrapf("node %d has a reputation of %s: want at most 1", n.ID, n.Reputation)
		}
		before = n.ID
	}
	return nil
}

// initialise writes a genesis. The bank must already hold the stakes.
func (k Keeper) initialise(ctx context.Context, g nodepb.Genesis) error {
	if err := Validate(g); err != nil {
		return err
	}
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.last.Set(ctx, max(g.Next, 1)-1); err != nil {
		return err
	}
	for _, n := range g.Nodes {
		account, err := k.newcomer(ctx, n.Owner)
		if err != nil {
			return err
		}
		r := nodepb.Registration{Owner: n.Owner, Profile: n.Profile, Active: n.Active, Registered: n.Registered}
		s := nodepb.Standing{Reputation: n.Reputation, Busy: n.Busy, Measured: n.Measured, Blame: n.Blame}
		if err := k.enter(ctx, n.Id, account, r, n.Stake, s); err != nil {
			return err
		}
	}
	return nil
}

// export reads the whole registry.
func (k Keeper) export(ctx context.Context) (nodepb.Genesis, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return nodepb.Genesis{}, fmt.Errorf("read the parameters of the registry: %w", err)
	}
	last, err := k.last.Peek(ctx)
	if err != nil {
		return nodepb.Genesis{}, fmt.Errorf("read the newest id: %w", err)
	}
	g := nodepb.Genesis{Params: params, Next: last + 1}
	err = k.registrations.Walk(ctx, nil, func(id uint64, r nodepb.Registration) (bool, error) {
		n, err := k.join(ctx, id, r)
		g.Nodes = append(g.Nodes, n)
		return err != nil, err
	})
	return g, err
}
