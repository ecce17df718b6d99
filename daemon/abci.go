package daemon

import (
	"context"
	"fmt"
	"time"

	abcicli "github.com/cometbft/cometbft/abci/client"
	abci "github.com/cometbft/cometbft/abci/types"
	cmtsync "github.com/cometbft/cometbft/libs/sync"
)

// connections are how CometBFT speaks to the application in its process. Blocks and
// transactions share one lock, for the SDK checks transactions on state that a block
// replaces. Questions need none: they read heights that have been committed, and at
// most maxAnswering are answered at a time, so that blocks find a core.
type connections struct {
	app       abci.Application
	blocks    cmtsync.Mutex
	answering chan struct{}
	syncing   func() bool // blocks are fetched from others; nil: not yet
	halt      halt
	retention *retention // nil: all blocks are kept
}

// maxAnswering is how many questions are answered at a time.
const maxAnswering = 2

// maxTurn is how long a question waits for its turn: CometBFT itself waits for ever,
// also for who has gone.
const maxTurn = 5 * time.Second

func connect(app abci.Application) *connections {
	return &connections{app: app, answering: make(chan struct{}, maxAnswering)}
}

// NewABCIClient implements [github.com/cometbft/cometbft/proxy.ClientCreator].
func (c *connections) NewABCIClient() (abcicli.Client, error) {
	return connection{abcicli.NewLocalClient(&c.blocks, c.app), c}, nil
}

// connection is one of CometBFT's four to the application: for blocks, for
// transactions, for questions and for snapshots.
type connection struct {
	abcicli.Client
	all *connections
}

// Query implements [abcicli.Client].
func (c connection) Query(ctx context.Context, req *abci.RequestQuery) (*abci.ResponseQuery, error) {
	turn, cancel := context.WithTimeout(ctx, maxTurn)
	defer cancel()
	select {
	case c.all.answering <- struct{}{}:
	case <-turn.Done():
		return nil, fmt.Errorf("too many questions, ask again or another validator: %w", turn.Err())
	}
	defer func() { <-c.all.answering }()
	return c.all.app.Query(ctx, req)
}

// Info implements [abcicli.Client].
func (c connection) Info(ctx context.Context, req *abci.RequestInfo) (*abci.ResponseInfo, error) {
	return c.all.app.Info(ctx, req)
}

// FinalizeBlock implements [abcicli.Client].
func (c connection) FinalizeBlock(ctx context.Context, req *abci.RequestFinalizeBlock) (res *abci.ResponseFinalizeBlock, err error) {
	defer c.all.broken(&err)
	return c.Client.FinalizeBlock(ctx, req)
}

// Commit implements [abcicli.Client].
func (c connection) Commit(ctx context.Context, req *abci.RequestCommit) (res *abci.ResponseCommit, err error) {
	defer c.all.broken(&err)
	if res, err = c.Client.Commit(ctx, req); err == nil {
		res.RetainHeight = c.all.retention.due()
	}
	return res, err
}
