package dataset

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/pb/datasetpb"
	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/pb/page"
	"github.com/althing-network/althing/privacy/cost"
)

// Dataset implements [datasetpb.QueryServer].
func (k Keeper) Dataset(ctx context.Context, req *datasetpb.QueryDataset) (*datasetpb.QueryDatasetResponse, error) {
	d, err := k.stored(ctx, req.Id)
	if err != nil {
		return nil, err
	}
	return &datasetpb.QueryDatasetResponse{Dataset: d}, nil
}

// Datasets implements [datasetpb.QueryServer]. A filter by owner or name reads the index of
// owners or names, so that the data sets of others cost a query nothing. With both filters it
// reads the index of owners.
func (k Keeper) Datasets(ctx context.Context, req *datasetpb.QueryDatasets) (*datasetpb.QueryDatasetsResponse, error) {
	var datasets []datasetpb.Dataset
	var next *query.PageResponse
	var err error
	at := page.Bounded(req.Pagination, page.Most)
	indexed := func(key collections.Pair[string, uint64], _ collections.NoValue) (datasetpb.Dataset, error) {
		return k.stored(ctx, key.K2())
	}
	switch {
	case req.Owner != "":
		owner, wrong := k.account(req.Owner)
		if wrong != nil {
			return nil, wrong
		}
		datasets, next, err = query.CollectionFilteredPaginate(ctx, k.owners, at,
			func(key collections.Pair[string, uint64], _ collections.NoValue) (bool, error) {
				if req.Name == "" {
					return true, nil
				}
				return k.names.Has(ctx, collections.Join(req.Name, key.K2()))
			},
			indexed, query.WithCollectionPaginationPairPrefix[string, uint64](owner))
	case req.Name != "":
		datasets, next, err = query.CollectionPaginate(ctx, k.names, at, indexed,
			query.WithCollectionPaginationPairPrefix[string, uint64](req.Name))
	default:
		datasets, next, err = query.CollectionPaginate(ctx, k.datasets, at,
			func(_ uint64, d datasetpb.Dataset) (datasetpb.Dataset, error) { return d, nil })
	}
	if err != nil {
		return nil, fmt.Errorf("list data sets: %w", err)
	}
	return &datasetpb.QueryDatasetsResponse{Datasets: datasets, Pagination: next}, nil
}

// Grants implements [datasetpb.QueryServer].
func (k Keeper) Grants(ctx context.Context, req *datasetpb.QueryGrants) (*datasetpb.QueryGrantsResponse, error) {
	if _, err := k.stored(ctx, req.Dataset); err != nil {
		return nil, err
	}
	nodes, next, err := query.CollectionPaginate(ctx, k.grants, page.Bounded(req.Pagination, page.Most),
		func(at collections.Pair[uint64, uint64], _ collections.NoValue) (uint64, error) { return at.K2(), nil },
		query.WithCollectionPaginationPairPrefix[uint64, uint64](req.Dataset))
	if err != nil {
		return nil, fmt.Errorf("list the grants of data set %d: %w", req.Dataset, err)
	}
	return &datasetpb.QueryGrantsResponse{Nodes: nodes, Pagination: next}, nil
}

// Check implements [datasetpb.QueryServer]. It computes the cost of a release once per
// adjacency.
func (k Keeper) Check(ctx context.Context, req *datasetpb.QueryCheck) (*datasetpb.QueryCheckResponse, error) {
	release, err := req.Release.ToCost()
	if err == nil {
		err = release.Validate()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ledgerpb.ErrRelease, err)
	}
	known := make(map[cost.Adjacency]costed)
	price := func(limit cost.Limit) (cost.Amount, error) {
		if err := limit.Counts(release); err != nil {
			return cost.Amount{}, err
		}
		p, computed := known[limit.Adjacency]
		if !computed {
			p.each, p.err = k.ledger.Cost(ctx, limit, release)
			known[limit.Adjacency] = p
		}
		return p.each, p.err
	}
	verdicts, next, err := query.CollectionPaginate(ctx, k.names, page.Bounded(req.Pagination, page.Most),
		func(at collections.Pair[string, uint64], _ collections.NoValue) (datasetpb.Verdict, error) {
			d, err := k.stored(ctx, at.K2())
			if err != nil {
				return datasetpb.Verdict{}, err
			}
			return k.verdict(ctx, d, req.Releases, price)
		},
		query.WithCollectionPaginationPairPrefix[string, uint64](req.Name))
	if err != nil {
		return nil, fmt.Errorf("check data sets of %q: %w", req.Name, err)
	}
	return &datasetpb.QueryCheckResponse{Verdicts: verdicts, Pagination: next}, nil
}

// costed is the cost of a release, or the error why it has none.
type costed struct {
	each cost.Amount
	err  error
}

// verdict says whether the book of a data set could pay for releases. Price is the cost of a
// release under a limit.
func (k Keeper) verdict(ctx context.Context, d datasetpb.Dataset, releases uint64, price func(cost.Limit) (cost.Amount, error)) (datasetpb.Verdict, error) {
	_, b, err := k.ledger.Get(ctx, d.Id)
	if err != nil {
		return datasetpb.Verdict{}, err
	}
	v := datasetpb.Verdict{Dataset: d.Id, Owner: d.Owner, Limit: ledgerpb.LimitFromCost(b.Limit), Left: uint64(b.Left())}
	each, err := price(b.Limit)
	if err == nil {
		err = b.Check(each, releases)
	}
	switch {
	case err == nil:
		v.Affords = releases
	case errors.Is(err, cost.ErrExhausted):
		v.Affords = b.Affords(each, releases)
		v.Refused = err.Error()
	default:
		v.Refused = err.Error()
	}
	return v, nil
}
