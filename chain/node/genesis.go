package node

import (
	"context"
	"fmt"
	"reflect"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// DefaultParams want a stake of 1 THING and public endpoints. Unbonding takes longer than
// a vote with its timelock.
func DefaultParams() nodepb.Params {
	var p nodepb.Params
	p.SetRules(round.DefaultStakeRules())
	return p
}

// Validate reports the first mistake in a genesis. Ids must ascend from 1 and stay below
// Next; each deposit must fit the state of its node; each profile must be valid on this
// network.
func Validate(g nodepb.Genesis) error {
	if err := g.Params.Validate(); err != nil {
		return ErrGenesis.Wrap(err.Error())
	}
	var before uint64
	for i := range g.Nodes {
		n, err := g.Nodes[i].ToSpec()
		if err != nil {
			return ErrGenesis.Wrap(err.Error())
		}
		if n.State != spec.NodeExited {
			err = validateProfile(n.Profile, g.Params)
		} else if !reflect.DeepEqual(n, round.Tombstone(n)) {
			err = fmt.Errorf("exited nodes keep only id, owner and height of registration")
		}
		switch {
		case err != nil:
			return ErrGenesis.Wrapf("node %d: %s", n.ID, err)
		case n.ID <= before:
			return ErrGenesis.Wrapf("node %d follows node %d: want ascending ids from 1", n.ID, before)
		case n.ID >= g.Next:
			return ErrGenesis.Wrapf("node %d: want ids below the next id %d", n.ID, g.Next)
		case n.Reputation > spec.One:
			return ErrGenesis.Wrapf("node %d has a reputation of %s: want at most 1", n.ID, n.Reputation)
		case len(n.History) > round.MaxHistory:
			return ErrGenesis.Wrapf("node %d has a history of %d changes: want at most %d", n.ID, len(n.History), round.MaxHistory)
		}
		if err := round.CheckDeposit(n.Deposit); err != nil {
			return ErrGenesis.Wrapf("node %d: %s", n.ID, err)
		}
		before = n.ID
	}
	return nil
}

// initialise writes a genesis. The bank must already hold the deposits.
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
	if err := k.votable.Set(ctx, 0); err != nil {
		return err
	}
	k.governance = new(Governance) // stakes of a genesis are no changes: nothing is recorded for votes
	for i := range g.Nodes {
		n, err := g.Nodes[i].ToSpec()
		if err != nil {
			return err
		}
		var account sdk.AccAddress
		if n.State != spec.NodeExited {
			if account, err = k.newOwner(ctx, n.Owner); err != nil {
				return err
			}
		}
		if err := k.insert(ctx, account, n); err != nil {
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
		n, err := k.assemble(ctx, id, r)
		n.Standing.Changes = uint64(len(n.History)) // a genesis numbers the changes from 0
		g.Nodes = append(g.Nodes, n)
		return err != nil, err
	})
	return g, err
}
