package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/althing-network/althing/chain"
)

// Pruned is the result of [PruneChain].
type Pruned struct {
	Height int64 // of the newest block
	Blocks int64 // blocks that remain
	Before int64 // bytes of the data folder before
	After  int64 // bytes of the data folder after
}

// The parts of [PruneChain], in their order.
const (
	PruneBlocks  = "blocks"
	PruneStates  = "states"
	PruneCompact = "compact"
)

// PruneChain deletes from a validator's home folder the blocks and states that a
// configuration does not keep, and reports the progress of each part. It can be interrupted
// at any time: the validator then starts as before, and another call continues. It fails
// with [ErrInUse] if the validator runs.
func PruneChain(ctx context.Context, home string, c ValidatorConfig, told func(part string, done, all int64)) (p Pruned, err error) {
	if err := c.Validate(); err != nil {
		return p, err
	}
	release, err := Lock(home)
	if err != nil {
		return p, err
	}
	defer func() {
		err = errors.Join(err, release())
		if ctx.Err() != nil {
			err = fmt.Errorf("prune %s: %w", home, ctx.Err())
		} else if err != nil {
			err = fmt.Errorf("prune %s: %w", home, err)
		}
	}()
	comet := c.comet(home)
	if p.Before, err = folderSize(comet.DBDir()); err != nil {
		return p, err
	}
	if err := p.blocks(ctx, c, comet, told); err != nil {
		return p, err
	}
	if err := pruneStates(ctx, c, comet, told); err != nil {
		return p, err
	}
	if err := compact(ctx, comet, told); err != nil {
		return p, err
	}
	p.After, err = folderSize(comet.DBDir())
	return p, err
}

// blocks deletes old blocks and the consensus state of each.
func (p *Pruned) blocks(ctx context.Context, c ValidatorConfig, comet *config.Config, told func(string, int64, int64)) error {
	blockDB, err := openDatabase(&config.DBContext{ID: "blockstore", Config: comet})
	if err != nil {
		return err
	}
	blocks := store.NewBlockStore(blockDB)
	defer blocks.Close()
	stateDB, err := openDatabase(&config.DBContext{ID: "state", Config: comet})
	if err != nil {
		return err
	}
	states := state.NewStore(stateDB, state.StoreOptions{})
	defer states.Close()

	r := retention{keep: c.KeepBlocks, blocks: blocks, states: states}
	last, err := r.first()
	if err != nil {
		return err
	}
	first := blocks.Base()
	for base := first; base < last; base = blocks.Base() {
		if err := ctx.Err(); err != nil {
			return err
		}
		now, err := states.Load()
		if err != nil {
			return err
		}
		next := min(base+maxPruned, last)
		// Blocks are deleted last: they say where an interrupted run continues.
		if err := states.PruneStates(base, next, next); err != nil {
			return err
		}
		if _, _, err := blocks.PruneBlocks(next, now); err != nil {
			return err
		}
		told(PruneBlocks, next-first, last-first)
	}
	p.Height, p.Blocks = blocks.Height(), blocks.Size()
	return trimWAL(comet.Consensus.WalFile())
}

// pruneStates deletes the states of old heights.
func pruneStates(ctx context.Context, c ValidatorConfig, comet *config.Config, told func(string, int64, int64)) (err error) {
	db, err := dbm.NewGoLevelDB("application", comet.DBDir(), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return chain.Prune(ctx, log.NewNopLogger(), db, c.keep(), func(done, all int64) { told(PruneStates, done, all) })
}

// compact frees the disk space of what was deleted. The databases also do so by themselves,
// but only as they grow.
func compact(ctx context.Context, comet *config.Config, told func(string, int64, int64)) error {
	const suffix = ".db"
	all, err := filepath.Glob(filepath.Join(comet.DBDir(), "*"+suffix))
	if err != nil {
		return err
	}
	for i, path := range all {
		if err := compactOne(ctx, comet, strings.TrimSuffix(filepath.Base(path), suffix)); err != nil {
			return fmt.Errorf("compact %s: %w", path, err)
		}
		told(PruneCompact, int64(i+1), int64(len(all)))
	}
	return nil
}

func compactOne(ctx context.Context, comet *config.Config, name string) (err error) {
	db, err := config.DefaultDBProvider(&config.DBContext{ID: name, Config: comet})
	if err != nil {
		return err
	}
	// A database that is closed meanwhile leaves its files as they were.
	stop := context.AfterFunc(ctx, func() { _ = db.Close() })
	err = db.Compact(nil, nil)
	if !stop() {
		return ctx.Err()
	}
	return errors.Join(err, db.Close())
}

// folderSize is the total size in bytes of the files in a folder.
func folderSize(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}
