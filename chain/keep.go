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

// Keep is what an application keeps of its state, on disk and in memory. It is each
// validator's own choice: no block depends on it.
type Keep struct {
	States uint64 // newest heights whose state can be read; 0: all
	Nodes  int    // nodes of the state's trees in memory, over all stores; 0: [DefaultNodes]
}

// DefaultNodes is what a [Keep] uses where it says nothing else.
const DefaultNodes = 100_000

// PruneInterval is how many heights are let go of at a time.
const PruneInterval = 100

// nodes is how many nodes of each store's tree are kept in memory: once for blocks, and
// once for queries.
func (k Keep) nodes(stores int) int {
	all := k.Nodes
	if all == 0 {
		all = DefaultNodes
	}
	return max(1, all/(2*stores))
}

// options are the SDK's words for k. The SDK's index of newest values ("fast nodes") is
// left out: it has a part of memory of its own, which nothing limits.
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

// past is the newest height that need not be kept when a height is committed, or 0.
func (k Keep) past(height int64) int64 {
	if k.States == 0 {
		return 0
	}
	return max(0, height-1-int64(k.States))
}

// commit keeps what the last block has changed, and lets go of what need not be kept any
// more. The SDK lets go of the trees of old heights and keeps the roots of their stores
// for ever; these go first, so that they are not forgotten where the process ends in
// between.
func (a *App) commit() (*abci.ResponseCommit, error) {
	height := a.LastBlockHeight() + 1
	if past := a.kept.past(height); past > 0 && height%PruneInterval == 0 {
		if err := forgetRoots(a.disk, past); err != nil {
			return nil, fmt.Errorf("commit height %d: %w", height, err)
		}
	}
	return a.BaseApp.Commit()
}

// Prune lets go of all heights in a database that need not be kept, a few at a time, and
// tells how far it is. It can be ended at any moment, and begun again. Nobody else may use
// the database meanwhile.
func Prune(ctx context.Context, logger log.Logger, db dbm.DB, keep Keep, told func(done, all int64)) error {
	const wait = true // for trees to be pruned, which is else done beside the blocks
	a, err := New(logger, db, keep, baseapp.SetIAVLSyncPruning(wait))
	if err != nil {
		return err
	}
	trees, ok := a.CommitMultiStore().(*rootmulti.Store)
	if !ok {
		return fmt.Errorf("prune: %T keeps no heights", a.CommitMultiStore())
	}
	last := keep.past(a.LastBlockHeight() + 1)
	// At least one height is looked at: the trees may be behind what the SDK says.
	first := min(rootmulti.GetEarliestVersion(db), last) - 1
	for past := first; past < last; told(past-first, last-first) {
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
