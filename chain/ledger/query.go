package ledger

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/pb/ledgerpb"
	"github.com/althing-network/althing/pb/page"
)

// Book implements [ledgerpb.QueryServer].
func (k Keeper) Book(ctx context.Context, req *ledgerpb.QueryBook) (*ledgerpb.QueryBookResponse, error) {
	b, err := k.stored(ctx, req.Dataset)
	if err != nil {
		return nil, err
	}
	return &ledgerpb.QueryBookResponse{Book: b}, nil
}

// Rows implements [ledgerpb.QueryServer].
func (k Keeper) Rows(ctx context.Context, req *ledgerpb.QueryRows) (*ledgerpb.QueryRowsResponse, error) {
	if _, err := k.stored(ctx, req.Dataset); err != nil {
		return nil, err
	}
	rows, next, err := query.CollectionPaginate(ctx, k.rows, page.Bounded(req.Pagination, page.Most),
		func(_ collections.Pair[uint64, uint64], r ledgerpb.Row) (ledgerpb.Row, error) { return r, nil },
		query.WithCollectionPaginationPairPrefix[uint64, uint64](req.Dataset))
	if err != nil {
		return nil, fmt.Errorf("list the rows of data set %d: %w", req.Dataset, err)
	}
	return &ledgerpb.QueryRowsResponse{Rows: rows, Pagination: next}, nil
}

// Costing implements [ledgerpb.QueryServer].
func (k Keeper) Costing(ctx context.Context, req *ledgerpb.QueryCosting) (*ledgerpb.QueryCostingResponse, error) {
	costing, err := k.costings.Get(ctx, collections.Join(req.Task, req.Reason))
	if errors.Is(err, collections.ErrNotFound) {
		return nil, withCode(fmt.Errorf("task %d, reason %s: %w", req.Task, req.Reason, ledgerpb.ErrNoCosting))
	}
	if err != nil {
		return nil, fmt.Errorf("read the costing of task %d: %w", req.Task, err)
	}
	return &ledgerpb.QueryCostingResponse{Costing: costing}, nil
}
