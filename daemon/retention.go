package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/cometbft/cometbft/evidence"
	"github.com/cometbft/cometbft/state"

	"github.com/althing-network/althing/chain"
)

// retention decides which blocks a validator keeps: a number of the newest, and all for
// which evidence of double signing is still valid. CometBFT would delete those except for
// header and signatures, and never delete the remainder.
type retention struct {
	keep   int64 // newest blocks; 0: all
	blocks state.BlockStore
	states state.Store
	wal    string // file of CometBFT's write-ahead log of consensus
	log    *slog.Logger
}

// maxPruned is how many blocks are deleted at a time, so that a validator whose keep_blocks
// was lowered goes on making blocks meanwhile.
const maxPruned = 10 * chain.PruneInterval

// due is the first height whose block is kept, once the newest block is committed; 0 if
// nothing is deleted now. Deleting many blocks at every hundredth height takes fewer file
// syncs than deleting one at each.
func (r *retention) due() int64 {
	if r == nil || r.blocks.Height()%chain.PruneInterval != 0 {
		return 0
	}
	first, err := r.first()
	if err := errors.Join(err, trimWAL(r.wal)); err != nil {
		r.log.Warn("cannot prune old blocks", slog.Any("err", err))
	}
	return min(first, r.blocks.Base()+maxPruned)
}

// first is the first height whose block is kept; 0 if all are.
func (r *retention) first() (int64, error) {
	base := r.blocks.Base()
	last := r.blocks.Height() - r.keep
	if r.keep == 0 || base == 0 || last <= base {
		return 0, nil
	}
	now, err := r.states.Load()
	if err != nil {
		return 0, fmt.Errorf("read the state of consensus: %w", err)
	}
	needed := func(i int) bool {
		meta := r.blocks.LoadBlockMeta(base + int64(i))
		return meta == nil || !evidence.IsEvidenceExpired(
			now.LastBlockHeight, now.LastBlockTime, meta.Header.Height, meta.Header.Time, now.ConsensusParams.Evidence)
	}
	return base + int64(sort.Search(int(last-base), needed)), nil
}

// maxOldWALFiles is how many full files of the write-ahead log, of 10 MiB each, are kept beside
// the current one. CometBFT keeps 1 GiB. A start replays the log from the end of the newest
// block, which is written before the block is committed.
const maxOldWALFiles = 2

// trimWAL deletes old files of the write-ahead log. It may be called only when a block is
// committed or consensus does not run.
func trimWAL(newest string) error {
	files, err := filepath.Glob(newest + ".*")
	if err != nil {
		return err
	}
	// By number: wal.999 comes before wal.1000.
	slices.SortFunc(files, func(a, b string) int {
		if d := len(a) - len(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, old := range files[:max(0, len(files)-maxOldWALFiles)] {
		if err := os.Remove(old); err != nil {
			return err
		}
	}
	return nil
}
