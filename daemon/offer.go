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

// offered returns the methods of CometBFT's RPC interface that a validator offers, each with
// its user. The others let anybody search, list, wait or run transactions, and nothing here
// uses them.
func offered(env *core.Environment) map[string]*rpcserver.RPCFunc {
	all := env.GetRoutes()
	offer := map[string]*rpcserver.RPCFunc{
		"subscribe":   rpcserver.NewWSRPCFunc(subscriptions{env}.subscribe, "query"),   // client.Heights, for new blocks
		"unsubscribe": rpcserver.NewWSRPCFunc(subscriptions{env}.unsubscribe, "query"), // ends a subscription
	}
	for _, method := range []string{
		"status",            // client.Dial: which chain is it, is it catching up
		"abci_info",         // client.Height: the newest height whose state can be queried
		"abci_query",        // all queries of the state
		"broadcast_tx_sync", // client.Broadcast
		"block",             // a client looks for its transaction in a block,
		"block_results",     // and for its result
		"header",            // client.AppHash, against which a proof of /store is checked
		"commit",            // who signed that header
	} {
		offer[method] = all[method]
	}
	return offer
}

// subscriptions lets clients subscribe to a validator's events.
type subscriptions struct{ env *core.Environment }

func (l subscriptions) subscribe(ctx *rpctypes.Context, query string) (*ctypes.ResultSubscribe, error) {
	if err := checkQuery(query); err != nil {
		return nil, err
	}
	return l.env.Subscribe(ctx, query)
}

func (l subscriptions) unsubscribe(ctx *rpctypes.Context, query string) (*ctypes.ResultUnsubscribe, error) {
	if err := checkQuery(query); err != nil {
		return nil, err
	}
	return l.env.Unsubscribe(ctx, query)
}

// checkQuery fails unless a query subscribes to new block headers, or to steps of consensus,
// which a benchmark measures. Other subscriptions would be expensive: a validator matches
// every event with every subscription, and would send whole blocks and transactions.
func checkQuery(query string) error {
	events := []string{cmttypes.EventQueryNewBlockHeader.String(), cmttypes.EventQueryNewRoundStep.String()}
	if !slices.Contains(events, query) {
		return fmt.Errorf("subscription %.80q: want one of %q", query, events)
	}
	return nil
}
