package node

import (
	"context"
	"fmt"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// Node implements [nodepb.QueryServer].
func (k Keeper) Node(ctx context.Context, req *nodepb.QueryNode) (*nodepb.QueryNodeResponse, error) {
	return answer(k.Get(ctx, req.Id))
}

// NodeByOwner implements [nodepb.QueryServer].
func (k Keeper) NodeByOwner(ctx context.Context, req *nodepb.QueryNodeByOwner) (*nodepb.QueryNodeResponse, error) {
	return answer(k.ByOwner(ctx, req.Owner))
}

// Nodes implements [nodepb.QueryServer].
func (k Keeper) Nodes(ctx context.Context, req *nodepb.QueryNodes) (*nodepb.QueryNodesResponse, error) {
	nodes, page, err := query.CollectionFilteredPaginate(ctx, k.nodes, bounded(req.Pagination),
		func(_ uint64, n nodepb.Node) (bool, error) {
			return n.Profile.Roles&req.Roles == req.Roles && (n.Active || !req.Active), nil
		},
		func(_ uint64, n nodepb.Node) (nodepb.Node, error) { return n, nil },
	)
	if err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	return &nodepb.QueryNodesResponse{Nodes: nodes, Pagination: page}, nil
}

// Params implements [nodepb.QueryServer].
func (k Keeper) Params(ctx context.Context, _ *nodepb.QueryParams) (*nodepb.QueryParamsResponse, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the parameters of the registry: %w", err)
	}
	return &nodepb.QueryParamsResponse{Params: params}, nil
}

func answer(n spec.Node, err error) (*nodepb.QueryNodeResponse, error) {
	if err != nil {
		return nil, err
	}
	return &nodepb.QueryNodeResponse{Node: nodepb.NodeFromSpec(n)}, nil
}

// maxPage is how many entries an answer holds at most, whatever was asked for: a
// stranger's question must not make a node read its whole state into memory.
const maxPage = 1000

func bounded(asked *query.PageRequest) *query.PageRequest {
	if asked == nil || asked.Limit <= maxPage {
		return asked
	}
	page := *asked
	page.Limit = maxPage
	return &page
}
