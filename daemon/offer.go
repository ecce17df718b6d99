package daemon

import (
	"fmt"
	"slices"

	"github.com/cometbft/cometbft/rpc/core"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
	rpcserver "github.com/cometbft/cometbft/rpc/jsonrpc/server"
	rpctypes "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	cmttypes "github.com/cometbft/cometbft/types"
)

// offered are the methods of CometBFT's RPC interface that a validator offers, each
// with who uses it. The others search, list, wait or run transactions for anybody who
// asks, and nobody of ours does.
func offered(env *core.Environment) map[string]*rpcserver.RPCFunc {
	all := env.GetRoutes()
	offer := map[string]*rpcserver.RPCFunc{
		"subscribe":   rpcserver.NewWSRPCFunc(listen{env}.subscribe, "query"),   // client.Heights hears of new blocks
		"unsubscribe": rpcserver.NewWSRPCFunc(listen{env}.unsubscribe, "query"), // who began to listen may end it
	}
	for _, method := range []string{
		"status",            // client.Dial: which chain is it, is it catching up
		"abci_info",         // client.Height: the newest height whose state can be queried
		"abci_query",        // every other question about the state
		"broadcast_tx_sync", // client.Broadcast
		"block",             // a client looks for its transaction in a block,
		"block_results",     // and for what became of it
		"header",            // client.AppHash; what a proof of /store is checked against
		"commit",            // who signed that header
	} {
		offer[method] = all[method]
	}
	return offer
}

// listen is listening to a validator's events.
type listen struct{ env *core.Environment }

func (l listen) subscribe(ctx *rpctypes.Context, query string) (*ctypes.ResultSubscribe, error) {
	if err := told(query); err != nil {
		return nil, err
	}
	return l.env.Subscribe(ctx, query)
}

func (l listen) unsubscribe(ctx *rpctypes.Context, query string) (*ctypes.ResultUnsubscribe, error) {
	if err := told(query); err != nil {
		return nil, err
	}
	return l.env.Unsubscribe(ctx, query)
}

// told reports whether a validator tells strangers of an event: of heights, and of
// steps of consensus, which a bench measures. A validator compares every event with
// every subscription, and sends whole blocks and transactions to whom they concern.
func told(query string) error {
	events := []string{cmttypes.EventQueryNewBlockHeader.String(), cmttypes.EventQueryNewRoundStep.String()}
	if !slices.Contains(events, query) {
		return fmt.Errorf("subscribe to %.80q: this validator tells of %q", query, events)
	}
	return nil
}
