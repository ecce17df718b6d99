package node

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/page"
)

// Node implements [nodepb.QueryServer].
func (k Keeper) Node(ctx context.Context, req *nodepb.QueryNode) (*nodepb.QueryNodeResponse, error) {
	n, err := k.stored(ctx, req.Id)
	if err != nil {
		return nil, err
	}
	return &nodepb.QueryNodeResponse{Node: n}, nil
}

// NodeByOwner implements [nodepb.QueryServer].
func (k Keeper) NodeByOwner(ctx context.Context, req *nodepb.QueryNodeByOwner) (*nodepb.QueryNodeResponse, error) {
	id, err := k.IDOf(ctx, req.Owner)
	if err != nil {
		return nil, err
	}
	return k.Node(ctx, &nodepb.QueryNode{Id: id})
}

// Nodes implements [nodepb.QueryServer].
func (k Keeper) Nodes(ctx context.Context, req *nodepb.QueryNodes) (*nodepb.QueryNodesResponse, error) {
	asked := page.Bounded(req.Pagination, page.Most)
	holds := func(p nodepb.Profile) bool { return p.Roles&req.Roles == req.Roles }
	var nodes []nodepb.Node
	var next *query.PageResponse
	var err error
	if req.Active {
		nodes, next, err = query.CollectionFilteredPaginate(ctx, k.active, asked,
			func(id uint64, _ collections.NoValue) (bool, error) {
				r, err := k.registration(ctx, id)
				return holds(r.Profile), err
			},
			func(id uint64, _ collections.NoValue) (nodepb.Node, error) {
				r, err := k.registration(ctx, id)
				if err != nil {
					return nodepb.Node{}, err
				}
				return k.assembleWithoutHistory(ctx, id, r)
			})
	} else {
		nodes, next, err = query.CollectionFilteredPaginate(ctx, k.registrations, asked,
			func(_ uint64, r nodepb.Registration) (bool, error) { return holds(r.Profile), nil },
			func(id uint64, r nodepb.Registration) (nodepb.Node, error) {
				return k.assembleWithoutHistory(ctx, id, r)
			})
	}
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	return &nodepb.QueryNodesResponse{Nodes: nodes, Pagination: next}, nil
}

// Params implements [nodepb.QueryServer].
func (k Keeper) Params(ctx context.Context, _ *nodepb.QueryParams) (*nodepb.QueryParamsResponse, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the parameters of the registry: %w", err)
	}
	return &nodepb.QueryParamsResponse{Params: params}, nil
}
