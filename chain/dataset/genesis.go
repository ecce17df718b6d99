package dataset

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/datasetpb"
)

// Validate reports the first mistake in a genesis. Ids must ascend from 1 and stay below Next;
// no owner has the same commitment twice; grants ascend and name existing data sets.
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
			return ErrGenesis.Wrapf("data set %d follows data set %d: want ascending ids from 1", d.ID, before)
		case d.ID >= g.Next:
			return ErrGenesis.Wrapf("data set %d: want ids below the next id %d", d.ID, g.Next)
		case committed[d.Owner+string(d.Commitment[:])]:
			return ErrGenesis.Wrapf("data set %d: its owner has another data set with this commitment", d.ID)
		}
		before, known[d.ID], committed[d.Owner+string(d.Commitment[:])] = d.ID, true, true
	}
	for i, grant := range g.Grants {
		switch {
		case !known[grant.Dataset]:
			return ErrGenesis.Wrapf("grant of data set %d, which is missing", grant.Dataset)
		case grant.Node == 0:
			return ErrGenesis.Wrapf("grant of data set %d to node 0: want nodes from 1", grant.Dataset)
		case i > 0 && (grant.Dataset < g.Grants[i-1].Dataset || grant.Dataset == g.Grants[i-1].Dataset && grant.Node <= g.Grants[i-1].Node):
			return ErrGenesis.Wrapf("grant of data set %d to node %d: want ascending data sets and nodes", grant.Dataset, grant.Node)
		}
	}
	return nil
}

// initialise writes a genesis. The ledger must have one book for each data set and no other: a
// data set could never be registered under the id of such a book.
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
			return ErrGenesis.Wrapf("book of data set %d belongs to %s: want %s", d.Id, owner, d.Owner)
		}
		if account, err := k.account(owner); err != nil || account != owner {
			return ErrGenesis.Wrapf("owner %q of data set %d: want an address in the spelling of the chain", owner, d.Id)
		}
		if err := k.insert(ctx, d); err != nil {
			return err
		}
	}
	books, err := k.ledger.Count(ctx)
	if err != nil {
		return err
	}
	if books != len(g.Datasets) {
		return ErrGenesis.Wrapf("the ledger has %d books: want %d, one per data set", books, len(g.Datasets))
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
