package chain

import (
	"context"
	"fmt"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"
	"google.golang.org/grpc"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

// MaxQueryGas is the gas limit of a query. Queries pay as messages do: 1000 gas per value read,
// 30 per step of a list, 3 per byte. So it bounds reads, the size of the answer and the time of
// every query.
const MaxQueryGas = 20_000_000

// Query answers a query about the chain's state: a gRPC method of a module, or the value of one
// key in a store, /store/{name}/key, with a proof on request. It refuses all other queries of
// the SDK, because strangers may send them: simulating a transaction (/app/simulate) costs as
// much as executing it, without signature, fee or limit, and /store/{name}/subspace reads a
// whole store at once.
//
// It reads committed heights, never the state that a block is changing, so it may be called at
// any time and concurrently.
func (a *App) Query(ctx context.Context, req *abci.RequestQuery) (*abci.ResponseQuery, error) {
	if a.GRPCQueryRouter().Route(req.Path) != nil {
		return a.BaseApp.Query(ctx, req)
	}
	answer, err := a.value(req)
	if err != nil {
		return sdkerrors.QueryResult(err, false), nil
	}
	return answer, nil
}

// value answers /store/{name}/key.
func (a *App) value(req *abci.RequestQuery) (*abci.ResponseQuery, error) {
	parts := baseapp.SplitABCIQueryPath(req.Path)
	if len(parts) != 3 || parts[0] != baseapp.QueryPathStore || parts[2] != "key" {
		return nil, fmt.Errorf("%w: %.80q: this validator answers gRPC methods and /store/{name}/key", sdkerrors.ErrUnknownRequest, req.Path)
	}
	stores, ok := a.CommitMultiStore().(*rootmulti.Store)
	if !ok {
		return nil, fmt.Errorf("%w: a store of type %T has no keys to read", sdkerrors.ErrUnknownRequest, a.CommitMultiStore())
	}
	height := req.Height
	if height == 0 {
		height = a.LastBlockHeight()
	}
	commit, err := stores.GetCommitInfo(height)
	if err != nil && req.Height == 0 { // the newest height is being written
		height--
		commit, err = stores.GetCommitInfo(height)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: height %d: %w", sdkerrors.ErrInvalidHeight, height, err)
	}
	if len(req.Data) == 0 {
		return nil, fmt.Errorf("%w: the key is empty", sdkerrors.ErrInvalidRequest)
	}
	value, proof, err := a.reader.get(parts[1], height, req.Data, req.Prove)
	if err != nil {
		return nil, fmt.Errorf("%w: height %d: %w", sdkerrors.ErrInvalidRequest, height, err)
	}
	if req.Prove {
		proof.Ops = append(proof.Ops, commit.ProofOp(parts[1]))
	}
	return &abci.ResponseQuery{Key: req.Data, Value: value, ProofOps: proof, Height: height}, nil
}

// metered registers queries that return an error if they take more than [MaxQueryGas].
type metered struct{ *baseapp.GRPCQueryRouter }

// RegisterService implements [grpc.Server].
func (m metered) RegisterService(service *grpc.ServiceDesc, implementation any) {
	bounded := *service
	bounded.Methods = slices.Clone(service.Methods)
	for i := range bounded.Methods {
		answer := bounded.Methods[i].Handler
		bounded.Methods[i].Handler = func(
			server any, ctx context.Context, decode func(any) error, between grpc.UnaryServerInterceptor,
		) (response any, err error) {
			defer func() {
				switch r := recover().(type) {
				case nil:
				case storetypes.ErrorOutOfGas:
					err = fmt.Errorf("the query takes more than %d gas: ask for fewer entries", MaxQueryGas)
				default:
					panic(r)
				}
			}()
			return answer(server, ctx, decode, between)
		}
	}
	m.GRPCQueryRouter.RegisterService(&bounded, implementation)
}
