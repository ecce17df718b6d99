package daemon

import (
	"context"
	"fmt"
	"time"

	abcicli "github.com/cometbft/cometbft/abci/client"
	abci "github.com/cometbft/cometbft/abci/types"
	cmtsync "github.com/cometbft/cometbft/libs/sync"
)

// connections are CometBFT's connections to the application in its process. Blocks and
// transactions share one lock, because the SDK checks transactions against state that a
// block replaces. Queries need no lock: they read committed heights. At most maxQueries run
// at a time, so that blocks always get a core.
type connections struct {
	app        abci.Application
	blocks     cmtsync.Mutex
	querySlots chan struct{}
	syncing    func() bool // whether blocks are fetched from other validators; nil: not known yet
	halt       halt
	retention  *retention // nil: all blocks are kept
}

// maxQueries is how many queries run at a time.
const maxQueries = 2

// queryWait is how long a query waits for its turn. CometBFT itself would wait without a
// timeout, even after the client has disconnected.
const queryWait = 5 * time.Second

func connect(app abci.Application) *connections {
	return &connections{app: app, querySlots: make(chan struct{}, maxQueries)}
}

// NewABCIClient implements [github.com/cometbft/cometbft/proxy.ClientCreator].
func (c *connections) NewABCIClient() (abcicli.Client, error) {
	return connection{abcicli.NewLocalClient(&c.blocks, c.app), c}, nil
}

// connection is one of CometBFT's four connections to the application: for blocks, for
// transactions, for queries and for snapshots.
type connection struct {
	abcicli.Client
	all *connections
}

// Query implements [abcicli.Client].
func (c connection) Query(ctx context.Context, req *abci.RequestQuery) (*abci.ResponseQuery, error) {
	turn, cancel := context.WithTimeout(ctx, queryWait)
	defer cancel()
	select {
	case c.all.querySlots <- struct{}{}:
	case <-turn.Done():
		return nil, fmt.Errorf("too many queries: retry, or ask another validator: %w", turn.Err())
	}
	defer func() { <-c.all.querySlots }()
	return c.all.app.Query(ctx, req)
}

// Info implements [abcicli.Client].
func (c connection) Info(ctx context.Context, req *abci.RequestInfo) (*abci.ResponseInfo, error) {
	return c.all.app.Info(ctx, req)
}

// FinalizeBlock implements [abcicli.Client].
func (c connection) FinalizeBlock(ctx context.Context, req *abci.RequestFinalizeBlock) (res *abci.ResponseFinalizeBlock, err error) {
	defer c.all.haltOnError(&err)
	return c.Client.FinalizeBlock(ctx, req)
}

// Commit implements [abcicli.Client].
func (c connection) Commit(ctx context.Context, req *abci.RequestCommit) (res *abci.ResponseCommit, err error) {
	defer c.all.haltOnError(&err)
	if res, err = c.Client.Commit(ctx, req); err == nil {
		res.RetainHeight = c.all.retention.due()
	}
	return res, err
}
