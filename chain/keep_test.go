package chain_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/althing-network/althing/chain"
)

// keys counts the keys of a database, and those that hold the roots of all stores at a height.
func keys(t *testing.T, db dbm.DB) (all, roots int) {
	t.Helper()
	each, err := db.Iterator(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer each.Close()
	for ; each.Valid(); each.Next() {
		all++
		if height, ok := strings.CutPrefix(string(each.Key()), "s/"); ok && '0' <= height[0] && height[0] <= '9' {
			roots++
		}
	}
	return all, roots
}

// reads reports whether the state at a height can be read.
func (n *network) reads(height int64) bool {
	n.Helper()
	res, err := n.Query(context.Background(), &abci.RequestQuery{Path: "/store/node/key", Data: []byte("a key"), Height: height, Prove: true})
	if err != nil {
		n.Fatal(err)
	}
	return res.Code == 0
}

// TestEvidenceAge: evidence of a double signature is accepted for 48 hours, or the time in the
// genesis, and for 100,000 blocks.
func TestEvidenceAge(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{0: 48 * time.Hour, time.Hour: time.Hour} {
		g := genesis(t)
		g.EvidenceAge = given
		doc, err := g.Document()
		if err != nil {
			t.Fatal(err)
		}
		if e := doc.Consensus.Params.Evidence; e.MaxAgeDuration != want || e.MaxAgeNumBlocks != 100_000 {
			t.Errorf("%s: evidence is accepted for %s and %d blocks, want %s and 100,000", given, e.MaxAgeDuration, e.MaxAgeNumBlocks, want)
		}
	}
}

// TestKeep: how much state a validator keeps does not change its blocks. The SDK by itself never
// deletes the roots of old heights.
func TestKeep(t *testing.T) {
	const blocks, kept = 350, 120
	g := genesis(t)
	all, few := start(t, g), start(t, g)
	few.keep = chain.Keep{States: kept, Nodes: 1}
	few.open()
	for range blocks {
		all.block()
		few.block()
	}
	if !bytes.Equal(all.LastCommitID().Hash, few.LastCommitID().Hash) {
		t.Fatal("an application that keeps less has another state")
	}
	newest := few.LastBlockHeight()
	_, roots := keys(t, few.db)
	if most := kept + chain.PruneInterval + 1; roots > most {
		t.Errorf("%d heights have roots, want at most %d", roots, most)
	}
	if _, roots := keys(t, all.db); int64(roots) != newest {
		t.Errorf("an application that keeps all has roots of %d heights, want %d", roots, newest)
	}
	for height, want := range map[int64]bool{1: false, 100: false, newest - kept: true, newest - 1: true, newest: true} {
		if got := few.reads(height); got != want {
			t.Errorf("height %d of %d: read %v, want %v", height, newest, got, want)
		}
		if !all.reads(height) {
			t.Errorf("an application that keeps all cannot read height %d of %d", height, newest)
		}
	}
}

// TestPrune: a database with all heights is pruned to the same result as if less had been kept from
// the beginning, also when the pruning was interrupted.
func TestPrune(t *testing.T) {
	const blocks, kept = 350, 30
	n := start(t, genesis(t))
	for range blocks {
		n.block()
	}
	want, newest := n.LastCommitID().Hash, n.LastBlockHeight()
	before, _ := keys(t, n.db)
	keep := chain.Keep{States: kept}
	told := 0
	prune := func(ctx context.Context, each func()) error {
		return chain.Prune(ctx, log.NewNopLogger(), n.db, keep, func(done, all int64) {
			if told++; done > all {
				t.Errorf("%d of %d heights are done", done, all)
			}
			each()
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := prune(ctx, cancel); !errors.Is(err, context.Canceled) || told != 1 {
		t.Fatalf("interrupted after %d steps: got %v, want 1 and %v", told, err, context.Canceled)
	}
	if err := prune(t.Context(), func() {}); err != nil {
		t.Fatal(err)
	}
	after, roots := keys(t, n.db)
	if roots != kept || after >= before/2 {
		t.Errorf("%d keys and %d roots, of %d keys before; want %d roots", after, roots, before, kept)
	}
	n.keep = keep
	n.open()
	if got := n.LastCommitID().Hash; !bytes.Equal(got, want) {
		t.Fatalf("the state is %x, want %x", got, want)
	}
	for range 3 {
		n.block()
	}
	for height, want := range map[int64]bool{newest - kept: false, newest - kept + 1: true, newest + 3: true} {
		if got := n.reads(height); got != want {
			t.Errorf("height %d of %d: read %v, want %v", height, newest+3, got, want)
		}
	}
}
