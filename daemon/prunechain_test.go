package daemon_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	db "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/daemon"
)

// shortenEvidence lets a genesis accept evidence for a number of blocks only, whatever their time.
func shortenEvidence(t *testing.T, homes []string, blocks string) {
	t.Helper()
	for _, home := range homes {
		path := filepath.Join(home, "config", "genesis.json")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		evidence := doc["consensus"].(map[string]any)["params"].(map[string]any)["evidence"].(map[string]any)
		evidence["max_age_num_blocks"], evidence["max_age_duration"] = blocks, "1"
		if b, err = json.Marshal(doc); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// keep changes the configuration of a validator.
func keep(t *testing.T, home string, change func(*daemon.ValidatorConfig)) daemon.ValidatorConfig {
	t.Helper()
	c, err := daemon.LoadValidator(home)
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	if err := daemon.SaveValidator(home, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPruneChain: two validators make many blocks and keep all of them. One is then configured to
// keep less, and pruned. It takes less disk space, starts again, agrees with the other on all new
// blocks, and answers queries about the heights that it keeps only.
func TestPruneChain(t *testing.T) {
	if testing.Short() {
		t.Skip("300 blocks")
	}
	homes := found(t, "althing-test-prune", 2)
	shortenEvidence(t, homes, "50")
	for _, home := range homes {
		keep(t, home, func(c *daemon.ValidatorConfig) { c.Commit, c.Gossip = time.Millisecond, time.Millisecond })
	}
	validators := startAll(t, homes)
	height := reach(t, dial(t, validators[0]), 320)
	stopAll(t, validators)

	c := keep(t, homes[0], func(c *daemon.ValidatorConfig) { c.KeepBlocks, c.KeepStates = 100, 100 })
	interrupted, cancel := context.WithCancel(t.Context())
	progress := func(part string, _, _ int64) {
		if part == daemon.PruneStates {
			cancel() // in the middle of the work
		}
	}
	if _, err := daemon.PruneChain(interrupted, homes[0], c, progress); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v", err)
	}
	parts := make(map[string]int64)
	p, err := daemon.PruneChain(t.Context(), homes[0], c, func(part string, done, all int64) {
		if done > all {
			t.Errorf("%s: %d of %d is done", part, done, all)
		}
		parts[part] = all - done
	})
	if err != nil {
		t.Fatal(err)
	}
	if parts[daemon.PruneStates] != 0 || parts[daemon.PruneCompact] != 0 || len(parts) < 2 {
		t.Errorf("what is left of each part: %v", parts)
	}
	if p.Blocks < 100 || p.Blocks > 102 || p.Height < height || p.After >= p.Before {
		t.Errorf("got %+v, want 100 blocks up to height %d in fewer bytes", p, height)
	}
	t.Logf("%d bytes a block before, %d after", p.Before/p.Height, p.After/p.Blocks)

	validators = startAll(t, homes)
	defer func() { stopAll(t, validators) }()
	pruned, unpruned := dial(t, validators[0]), dial(t, validators[1])
	next := reach(t, unpruned, p.Height+20)
	agree(t, validators, next)
	agree(t, validators, p.Height-50)
	if _, err := pruned.AppHash(t.Context(), 50); err == nil {
		t.Error("the block at height 50 is still there")
	}
	if _, err := unpruned.AppHash(t.Context(), 50); err != nil {
		t.Errorf("the other validator has no block at height 50: %v", err)
	}
}

// TestPruneChainThatRuns: the home folder of a running validator is not pruned.
func TestPruneChainThatRuns(t *testing.T) {
	home := found(t, "althing-test-running", 1)[0]
	release, err := daemon.Lock(home)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	c, err := daemon.LoadValidator(home)
	if err != nil {
		t.Fatal(err)
	}
	none := func(string, int64, int64) {}
	if _, err := daemon.PruneChain(t.Context(), home, c, none); !errors.Is(err, daemon.ErrInUse) {
		t.Errorf("got %v, want %v", err, daemon.ErrInUse)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	// A home folder without a block has nothing to prune.
	if _, err := daemon.PruneChain(t.Context(), home, c, none); err != nil {
		t.Error(err)
	}
}

// TestBlocksGoWithTheirHeaders: a validator deletes old blocks while it runs, except those that can
// still be evidence. CometBFT's own pruning deletes parts of these and leaves their headers, which
// are then never deleted.
func TestBlocksGoWithTheirHeaders(t *testing.T) {
	if testing.Short() {
		t.Skip("400 blocks")
	}
	accusable, plain := found(t, "althing-test-200", 1), found(t, "althing-test-50", 1)
	shortenEvidence(t, accusable, "200")
	shortenEvidence(t, plain, "50")
	homes := append(accusable, plain...)
	for _, home := range homes {
		keep(t, home, func(c *daemon.ValidatorConfig) {
			c.Commit, c.Gossip, c.KeepBlocks, c.KeepStates = time.Millisecond, time.Millisecond, 100, 100
		})
	}
	validators := startAll(t, homes)
	for _, v := range validators {
		reach(t, dial(t, v), 410)
	}
	stopAll(t, validators)
	for i, most := range []int{310, 210} { // blocks that are kept, and those made since the last pruning
		base, height, headers := blocksOf(t, homes[i])
		if kept := int(height - base + 1); headers != kept || kept > most+int(height-410) {
			t.Errorf("%s: %d headers, blocks %d to %d; want a header for each of at most %d", homes[i], headers, base, height, most)
		}
	}
	// CometBFT's own pruning on the first validator, of all blocks but ten: the headers of blocks
	// that can be evidence stay.
	blocks, now := openBlocks(t, homes[0])
	defer blocks.Close()
	height := blocks.Height()
	if _, _, err := blocks.PruneBlocks(height-10, now); err != nil {
		t.Fatal(err)
	}
	if headers := headersOf(blocks, height); blocks.Size() != 11 || headers < 150 {
		t.Errorf("CometBFT's own pruning keeps %d blocks and %d headers: want 11 and 150 or more", blocks.Size(), headers)
	}
}

func openBlocks(t *testing.T, home string) (*store.BlockStore, state.State) {
	t.Helper()
	comet := config.DefaultConfig()
	comet.SetRoot(home)
	var opened [2]db.DB
	for i, id := range []string{"blockstore", "state"} {
		var err error
		if opened[i], err = config.DefaultDBProvider(&config.DBContext{ID: id, Config: comet}); err != nil {
			t.Fatal(err)
		}
	}
	states := state.NewStore(opened[1], state.StoreOptions{})
	defer states.Close()
	now, err := states.Load()
	if err != nil {
		t.Fatal(err)
	}
	return store.NewBlockStore(opened[0]), now
}

// headersOf counts the headers up to a height, including those of deleted blocks.
func headersOf(blocks *store.BlockStore, height int64) (n int) {
	for h := int64(1); h <= height; h++ {
		if blocks.LoadBlockMeta(h) != nil {
			n++
		}
	}
	return n
}

func blocksOf(t *testing.T, home string) (base, height int64, headers int) {
	t.Helper()
	blocks, _ := openBlocks(t, home)
	defer blocks.Close()
	return blocks.Base(), blocks.Height(), headersOf(blocks, blocks.Height())
}

// TestTrimWAL: of consensus' write-ahead log, the files with the highest numbers stay.
func TestTrimWAL(t *testing.T) {
	dir := t.TempDir()
	newest := filepath.Join(dir, "wal")
	for _, name := range []string{"wal", "wal.000", "wal.007", "wal.998", "wal.999", "wal.1000", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := daemon.TrimWAL(newest); err != nil {
			t.Fatal(err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if d := cmp.Diff([]string{"other", "wal", "wal.1000", "wal.999"}, left); d != "" {
		t.Errorf("what is left (-want +got):\n%s", d)
	}
}
