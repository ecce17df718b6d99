package dataset

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/datasetpb"
)

// Validate reports the first thing that is wrong with a genesis: ids ascend from 1 and
// stay below Next, no owner has one commitment twice, and grants ascend and are of data sets
// that are there.
func Validate(g datasetpb.Genesis) error {
	var before uint64
	known := make(map[uint64]bool)
	committed := make(map[string]bool)
	for i := range g.Datasets {
		d, err := g.Datasets[i].ToSpec()
		if err == nil {
			err = d.Validate()
		}
		switch {
		case err != nil:
			return ErrGenesis.Wrapf("data set %d: %s", g.Datasets[i].Id, err)
		case d.Owner == "":
			return ErrGenesis.Wrapf("data set %d has no owner", d.ID)
		case d.ID <= before:
			return ErrGenesis.Wrapf("data set %d behind data set %d: want ascending ids from 1", d.ID, before)
		case d.ID >= g.Next:
			return ErrGenesis.Wrapf("data set %d: the next id is %d", d.ID, g.Next)
		case committed[d.Owner+string(d.Commitment[:])]:
			return ErrGenesis.Wrapf("data set %d has the commitment of another of its owner", d.ID)
		}
		before, known[d.ID], committed[d.Owner+string(d.Commitment[:])] = d.ID, true, true
	}
	for i, grant := range g.Grants {
		switch {
		case !known[grant.Dataset]:
			return ErrGenesis.Wrapf("a grant is of data set %d, which is not there", grant.Dataset)
		case grant.Node == 0:
			return ErrGenesis.Wrapf("a grant of data set %d names no node", grant.Dataset)
		case i > 0 && (grant.Dataset < g.Grants[i-1].Dataset || grant.Dataset == g.Grants[i-1].Dataset && grant.Node <= g.Grants[i-1].Node):
			return ErrGenesis.Wrapf("the grant of data set %d to node %d is out of order", grant.Dataset, grant.Node)
		}
	}
	return nil
}

// initialise writes a genesis. Each data set must have its book already, and no book is
// without one: the data set that gets its number could never be registered.
func (k Keeper) initialise(ctx context.Context, g datasetpb.Genesis) error {
	if err := Validate(g); err != nil {
		return err
	}
	if err := k.last.Set(ctx, max(g.Next, 1)-1); err != nil {
		return err
	}
	for _, d := range g.Datasets {
		owner, _, err := k.ledger.Get(ctx, d.Id)
		if err != nil {
			return ErrGenesis.Wrap(err.Error())
		}
		if owner != d.Owner {
			return ErrGenesis.Wrapf("data set %d of %s has the book of %s", d.Id, d.Owner, owner)
		}
		if account, err := k.account(owner); err != nil || account != owner {
			return ErrGenesis.Wrapf("data set %d belongs to %q, which is no account as the chain writes it", d.Id, owner)
		}
		if err := k.enter(ctx, d); err != nil {
			return err
		}
	}
	books, err := k.ledger.Count(ctx)
	if err != nil {
		return err
	}
	if books != len(g.Datasets) {
		return ErrGenesis.Wrapf("the ledger has %d books of %d data sets", books, len(g.Datasets))
	}
	for _, grant := range g.Grants {
		if err := k.grants.Set(ctx, collections.Join(grant.Dataset, grant.Node)); err != nil {
			return err
		}
	}
	return nil
}

// export reads all data sets.
func (k Keeper) export(ctx context.Context) (datasetpb.Genesis, error) {
	last, err := k.last.Peek(ctx)
	if err != nil {
		return datasetpb.Genesis{}, fmt.Errorf("read the newest id: %w", err)
	}
	g := datasetpb.Genesis{Next: last + 1}
	err = k.datasets.Walk(ctx, nil, func(_ uint64, d datasetpb.Dataset) (bool, error) {
		g.Datasets = append(g.Datasets, d)
		return false, nil
	})
	if err != nil {
		return g, fmt.Errorf("list data sets: %w", err)
	}
	err = k.grants.Walk(ctx, nil, func(at collections.Pair[uint64, uint64]) (bool, error) {
		g.Grants = append(g.Grants, datasetpb.Grant{Dataset: at.K1(), Node: at.K2()})
		return false, nil
	})
	return g, err
}
