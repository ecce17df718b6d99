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

// retention is which blocks a validator keeps: so many of the newest, and all about which
// it can still be shown that somebody signed two at one height. Of those CometBFT would
// delete all but header and signatures, and would never come back for the rest.
type retention struct {
	keep   int64 // newest blocks; 0: all
	blocks state.BlockStore
	states state.Store
	wal    string // the file that CometBFT's log of consensus is written to
	log    *slog.Logger
}

// maxPruned is how many blocks are deleted at a time, so that a validator that is told to
// keep fewer makes blocks meanwhile.
const maxPruned = 10 * chain.PruneInterval

// due is the first height whose block is kept, when the newest block is committed; 0
// where none is deleted now. It takes fewer file syncs to delete some blocks with every
// hundredth one than to delete one with each.
func (r *retention) due() int64 {
	if r == nil || r.blocks.Height()%chain.PruneInterval != 0 {
		return 0
	}
	first, err := r.first()
	if err := errors.Join(err, trimWAL(r.wal)); err != nil {
		r.log.Warn("what is old stays", slog.Any("err", err))
	}
	return min(first, r.blocks.Base()+maxPruned)
}

// first is the first height whose block is kept; 0 where all are.
func (r *retention) first() (int64, error) {
	base := r.blocks.Base()
	last := r.blocks.Height() - r.keep
	if r.keep == 0 || base == 0 || last <= base {
		return 0, nil
	}
	now, err := r.states.Load()
	if err != nil {
		return 0, fmt.Errorf("load the state of consensus: %w", err)
	}
	needed := func(i int) bool {
		meta := r.blocks.LoadBlockMeta(base + int64(i))
		return meta == nil || !evidence.IsEvidenceExpired(
			now.LastBlockHeight, now.LastBlockTime, meta.Header.Height, meta.Header.Time, now.ConsensusParams.Evidence)
	}
	return base + int64(sort.Search(int(last-base), needed)), nil
}

// keptWAL is how many full files of the log of consensus are kept beside the one that is
// written, each of 10 MiB. CometBFT keeps 1 GiB. A start reads on from the newest block,
// whose end is written before the block is committed.
const keptWAL = 2

// trimWAL deletes old files of the log of consensus. It may only be called when a block is
// committed or consensus does not run.
func trimWAL(newest string) error {
	files, err := filepath.Glob(newest + ".*")
	if err != nil {
		return err
	}
	// wal.999 comes before wal.1000.
	slices.SortFunc(files, func(a, b string) int {
		if d := len(a) - len(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, old := range files[:max(0, len(files)-keptWAL)] {
		if err := os.Remove(old); err != nil {
			return err
		}
	}
	return nil
}
