package chain_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"github.com/althing-network/althing/chain"
)

var errDisk = errors.New("input/output error")

// flaky is a database that fails once: at the read or the write that brings its
// count to 0.
type flaky struct {
	dbm.DB
	reads, writes int
	loses         bool // a node of a tree is not found, instead of a failure
}

func (f *flaky) read() error { return fails(&f.reads) }

func fails(left *int) error {
	if *left--; *left == 0 {
		return errDisk
	}
	return nil
}

// failed reports whether the failure has come.
func (f *flaky) failed() bool { return f.reads <= 0 }

func (f *flaky) Get(key []byte) ([]byte, error) {
	if f.loses {
		at := bytes.LastIndexByte(key, '/') + 1 // of a store, and in it: s for a node, its version, its number
		if node := key[min(at, len(key)):]; len(node) == 13 && node[0] == 's' && fails(&f.reads) != nil {
			return nil, nil
		}
		return f.DB.Get(key)
	}
	if err := f.read(); err != nil {
		return nil, err
	}
	return f.DB.Get(key)
}

func (f *flaky) Has(key []byte) (bool, error) {
	if err := f.read(); err != nil {
		return false, err
	}
	return f.DB.Has(key)
}

func (f *flaky) Iterator(start, end []byte) (dbm.Iterator, error) {
	it, err := f.DB.Iterator(start, end)
	return &flakyWalk{Iterator: it, disk: f}, err
}

func (f *flaky) ReverseIterator(start, end []byte) (dbm.Iterator, error) {
	it, err := f.DB.ReverseIterator(start, end)
	return &flakyWalk{Iterator: it, disk: f}, err
}

func (f *flaky) NewBatch() dbm.Batch { return flakyBatch{f.DB.NewBatch(), f} }

func (f *flaky) NewBatchWithSize(size int) dbm.Batch {
	return flakyBatch{f.DB.NewBatchWithSize(size), f}
}

// flakyWalk ends where it cannot read on, as goleveldb's iterator does.
type flakyWalk struct {
	dbm.Iterator
	disk *flaky
	err  error
}

func (w *flakyWalk) Next() {
	if w.err = w.disk.read(); w.err == nil {
		w.Iterator.Next()
	}
}

func (w *flakyWalk) Valid() bool { return w.err == nil && w.Iterator.Valid() }

func (w *flakyWalk) Error() error { return errors.Join(w.err, w.Iterator.Error()) }

type flakyBatch struct {
	dbm.Batch
	disk *flaky
}

func (b flakyBatch) Write() error {
	if err := fails(&b.disk.writes); err != nil {
		return err
	}
	return b.Batch.Write()
}

func (b flakyBatch) WriteSync() error {
	if err := fails(&b.disk.writes); err != nil {
		return err
	}
	return b.Batch.WriteSync()
}

// next carries out a block that moves coins and registers a node. A panic is what it
// is to CometBFT: the validator halts.
func (n *network) next(txs [][]byte) (res *abci.ResponseFinalizeBlock, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return n.FinalizeBlock(&abci.RequestFinalizeBlock{Height: n.height + 1, Time: n.now, Txs: txs, Hash: []byte{1}})
}

// A validator whose database fails at one read, whichever it is, ends no block: it
// would agree with nobody on what is in it. The SDK by itself answers with a failed
// transaction, or with a tree that was not changed, and goes on.
func TestFailedReadHalts(t *testing.T) {
	n := start(t, genesis(t))
	n.block(n.sign("ann", 1, 5000, register("ann", 2*chain.Thing)))
	txs := [][]byte{
		n.sign("bob", 2, 5000, register("bob", 2*chain.Thing)),
		n.sign("ann", 1, 5000, send(1)),
	}
	db := &flaky{DB: n.db}
	n.db = db
	n.open()
	want, err := n.next(txs)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range want.TxResults {
		if r.Code != 0 {
			t.Fatalf("a transaction fails: %s", r.Log)
		}
	}
	forks := func(guard func(*chain.App), stride int) (forks, halts, failures int) {
		n.setChecks = guard
		for read := 1; ; read += stride {
			db.reads = 0
			n.open()
			db.reads = read
			got, err := n.next(txs)
			if !db.failed() {
				return forks, halts, failures
			}
			failures++
			if err != nil {
				halts++
			} else if !bytes.Equal(got.AppHash, want.AppHash) {
				forks++
			}
		}
	}
	const few = 12 // every read takes half a minute
	if f, h, failures := forks(chain.Unwatched, few); f == 0 {
		t.Errorf("the attack needs no defence: of %d reads that fail %d make a validator halt and none makes it fork", failures, h)
	} else {
		t.Logf("unwatched: of %d reads that fail, %d make a validator halt and %d make it fork", failures, h, f)
	}
	if f, h, failures := forks(nil, few); f > 0 || h != failures || failures == 0 {
		t.Errorf("of %d reads that fail, %d make a validator halt and %d make it fork", failures, h, f)
	}

	// A node of a tree that is missing is no failure of the database.
	db.loses = true
	if f, h, failures := forks(chain.Unwatched, few); f == 0 {
		t.Errorf("the attack needs no defence: of %d nodes that are missing %d make a validator halt and none makes it fork", failures, h)
	} else {
		t.Logf("unwatched: of %d nodes that are missing, %d make a validator halt and %d make it fork", failures, h, f)
	}
	if f, h, failures := forks(nil, few); f > 0 || failures == 0 {
		t.Errorf("of %d nodes that are missing, %d make a validator halt and %d make it fork", failures, h, f)
	}
	db.loses = false

	// What halted is as it was: with a sound database the block comes out as it should.
	n.open()
	if got, err := n.next(txs); err != nil || !bytes.Equal(got.AppHash, want.AppHash) {
		t.Errorf("after the failures: %v", err)
	}
}

// A validator that cannot write what a block has changed halts, and goes on from there
// when it can.
func TestFailedWriteHalts(t *testing.T) {
	n := start(t, genesis(t))
	db := &flaky{DB: n.db}
	n.db = db
	twin := start(t, genesis(t))
	for at := 1; ; at++ {
		tx := n.sign("ann", 1, 5000, send(int64(at)))
		want := twin.block(tx)
		n.height, n.now = twin.height, twin.now
		commit := func() (err error) {
			defer func() {
				if r := recover(); r != nil {
					err = fmt.Errorf("panic: %v", r)
				}
			}()
			req := &abci.RequestFinalizeBlock{Height: n.height, Time: n.now, Txs: [][]byte{tx}, Hash: []byte{byte(n.height)}}
			res, err := n.FinalizeBlock(req)
			if err == nil && res.TxResults[0].Code != want[0].Code {
				t.Fatalf("the transaction ends with code %d, want %d: %s", res.TxResults[0].Code, want[0].Code, res.TxResults[0].Log)
			}
			if err == nil {
				_, err = n.Commit()
			}
			return err
		}
		n.open()
		db.writes = at
		err := commit()
		failed := db.writes <= 0
		if failed != (err != nil) {
			t.Fatalf("write %d fails: %t, and the block ends with %v", at, failed, err)
		}
		db.writes = 0
		if n.open(); failed && n.LastBlockHeight() < n.height {
			if err := commit(); err != nil {
				t.Fatalf("after write %d has failed: %v", at, err)
			}
		}
		if !bytes.Equal(n.LastCommitID().Hash, twin.LastCommitID().Hash) {
			t.Fatalf("after write %d has failed the validator has another state", at)
		}
		if !failed {
			if at == 1 {
				t.Error("nothing is written")
			}
			return
		}
	}
}
