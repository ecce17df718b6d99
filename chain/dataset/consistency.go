package dataset

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/althing-network/althing/pb/datasetpb"
)

// Inconsistencies lists inconsistencies in the stored data sets, also with their books; a sound
// chain has none.
func (k Keeper) Inconsistencies(ctx context.Context) (found []string, err error) {
	report := func(format string, words ...any) { found = append(found, fmt.Sprintf(format, words...)) }
	sets := 0
	err = k.datasets.Walk(ctx, nil, func(id uint64, d datasetpb.Dataset) (bool, error) {
		sets++
		of, err := k.commitments.Get(ctx, collections.Join(d.Owner, d.Description.Commitment))
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return true, err
		}
		named, err := k.names.Has(ctx, collections.Join(d.Description.Name, id))
		if err != nil {
			return true, err
		}
		owned, err := k.owners.Has(ctx, collections.Join(d.Owner, id))
		if of != id || !named || !owned {
			report("data set %d: the index of commitments has data set %d; in the index of names: %t, of owners: %t", id, of, named, owned)
		}
		return err != nil, err
	})
	if err != nil {
		return found, err
	}
	books, err := k.ledger.Count(ctx)
	if err != nil {
		return found, err
	}
	commitments, names, owners := 0, 0, 0
	err = errors.Join(
		k.commitments.Walk(ctx, nil, func(collections.Pair[string, []byte], uint64) (bool, error) { commitments++; return false, nil }),
		k.names.Walk(ctx, nil, func(collections.Pair[string, uint64]) (bool, error) { names++; return false, nil }),
		k.owners.Walk(ctx, nil, func(collections.Pair[string, uint64]) (bool, error) { owners++; return false, nil }),
	)
	if books != sets || commitments != sets || names != sets || owners != sets {
		report("%d data sets, %d books, %d commitments, %d names, %d owners: want the same number", sets, books, commitments, names, owners)
	}
	return found, err
}
