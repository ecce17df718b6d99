package chain

import (
	"context"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

// Query answers a question about the chain's state: a gRPC method of a module, or
// the value of one key in a store, /store/{name}/key, with a proof if one is asked
// for. It refuses everything else that the SDK answers, because strangers ask: to
// simulate transactions (/app/simulate) costs as much as to run them, but needs no
// signature, fee or limit, and /store/{name}/subspace reads a whole store at once.
func (a *App) Query(ctx context.Context, req *abci.RequestQuery) (*abci.ResponseQuery, error) {
	if !a.answers(req.Path) {
		return sdkerrors.QueryResult(fmt.Errorf(
			"%w: %.80q: this validator answers gRPC methods and /store/{name}/key", sdkerrors.ErrUnknownRequest, req.Path), false), nil
	}
	return a.BaseApp.Query(ctx, req)
}

func (a *App) answers(path string) bool {
	if a.GRPCQueryRouter().Route(path) != nil {
		return true
	}
	parts := baseapp.SplitABCIQueryPath(path)
	return len(parts) == 3 && parts[0] == baseapp.QueryPathStore && parts[2] == "key"
}
