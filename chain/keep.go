package chain

import (
	"context"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	pruningtypes "github.com/cosmos/cosmos-sdk/store/v2/pruning/types"
	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
)

// Keep says how much of its state an application keeps, on disk and in memory. Each validator
// chooses its own values: no block depends on them.
type Keep struct {
	States uint64 // number of newest heights whose state is kept; 0: all
	Nodes  int    // cached tree nodes over all stores; 0: [DefaultNodes]
}

// DefaultNodes is the default number of cached tree nodes.
const DefaultNodes = 100_000

// PruneInterval is the number of blocks between pruning runs.
const PruneInterval = 100

// nodes returns the number of cached tree nodes per store. There are two caches of this size:
// one for blocks and one for queries.
func (k Keep) nodes(stores int) int {
	all := k.Nodes
	if all == 0 {
		all = DefaultNodes
	}
	return max(1, all/(2*stores))
}

// options converts k to options of the SDK. The SDK's index of newest values ("fast nodes") is
// disabled: its memory has no limit.
func (k Keep) options(stores int) []func(*baseapp.BaseApp) {
	pruning := pruningtypes.NewPruningOptions(pruningtypes.PruningNothing)
	if k.States > 0 {
		pruning = pruningtypes.NewCustomPruningOptions(k.States, PruneInterval)
	}
	return []func(*baseapp.BaseApp){
		baseapp.SetPruning(pruning),
		baseapp.SetIAVLCacheSize(k.nodes(stores)),
		baseapp.SetIAVLDisableFastNode(true),
	}
}

// prunable returns the newest height that can be pruned when a height is committed, or 0.
func (k Keep) prunable(height int64) int64 {
	if k.States == 0 {
		return 0
	}
	return max(0, height-1-int64(k.States))
}

// commit writes the state after the last block and prunes old heights. The SDK prunes the trees
// of old heights but never the roots of their stores. commit removes these roots first, so that
// none is left if the process ends in between.
func (a *App) commit() (*abci.ResponseCommit, error) {
	height := a.LastBlockHeight() + 1
	if past := a.kept.prunable(height); past > 0 && height%PruneInterval == 0 {
		if err := forgetRoots(a.disk, past); err != nil {
			return nil, fmt.Errorf("commit height %d: %w", height, err)
		}
	}
	return a.BaseApp.Commit()
}

// Prune removes all heights from a database that need not be kept, [PruneInterval] heights at a
// time, and reports its progress. It can be stopped at any moment and started again. Nobody else
// may use the database at the same time.
func Prune(ctx context.Context, logger log.Logger, db dbm.DB, keep Keep, progress func(done, all int64)) error {
	const wait = true // prune synchronously instead of in the background
	a, err := New(logger, db, keep, baseapp.SetIAVLSyncPruning(wait))
	if err != nil {
		return err
	}
	trees, ok := a.CommitMultiStore().(*rootmulti.Store)
	if !ok {
		return fmt.Errorf("prune: store of type %T has no heights", a.CommitMultiStore())
	}
	last := keep.prunable(a.LastBlockHeight() + 1)
	// At least one height is pruned: the trees may be behind the SDK's earliest version.
	first := min(rootmulti.GetEarliestVersion(db), last) - 1
	for past := first; past < last; progress(past-first, last-first) {
		if err := ctx.Err(); err != nil {
			return err
		}
		past = min(past+PruneInterval, last)
		if err := forgetRoots(db, past); err != nil {
			return fmt.Errorf("prune: %w", err)
		}
		if err := trees.PruneStores(past); err != nil {
			return fmt.Errorf("prune: height %d: %w", past, err)
		}
	}
	return nil
}

// forgetRoots deletes the roots of all stores at heights up to the given one, from the
// oldest that the SDK still has.
func forgetRoots(db dbm.DB, last int64) error {
	batch := db.NewBatch()
	defer batch.Close()
	for height := rootmulti.GetEarliestVersion(db); height <= last; height++ {
		if err := batch.Delete(fmt.Appendf(nil, "s/%d", height)); err != nil {
			return err
		}
	}
	return batch.Write()
}
