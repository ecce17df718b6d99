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

// flaky is a database that fails once: at the read or the write at which its count reaches 0.
type flaky struct {
	dbm.DB
	reads, writes int
	loses         bool // instead of failing, it does not find a node of a tree
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

// flakyWalk ends at a read error, like goleveldb's iterator.
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

// next executes a block that moves coins and registers a node. It returns a panic as an error: in
// CometBFT a panic halts the validator.
func (n *network) next(txs [][]byte) (res *abci.ResponseFinalizeBlock, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return n.FinalizeBlock(&abci.RequestFinalizeBlock{Height: n.height + 1, Time: n.now, Txs: txs, Hash: []byte{1}})
}

// TestFailedReadHalts: a validator whose database fails at any single read must not finish the
// block, because its state would differ from that of all others: it would fork. The SDK by itself
// continues, with a failed transaction or with an unchanged tree.
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
		t.Errorf("without the defence, of %d failed reads %d halt the validator and none makes it fork: the attack must work", failures, h)
	} else {
		t.Logf("without the defence, of %d failed reads %d halt the validator and %d make it fork", failures, h, f)
	}
	if f, h, failures := forks(nil, few); f > 0 || h != failures || failures == 0 {
		t.Errorf("of %d failed reads %d halt the validator and %d make it fork, want all to halt it", failures, h, f)
	}

	// A missing node of a tree is not an error of the database.
	db.loses = true
	if f, h, failures := forks(chain.Unwatched, few); f == 0 {
		t.Errorf("without the defence, of %d missing nodes %d halt the validator and none makes it fork: the attack must work", failures, h)
	} else {
		t.Logf("without the defence, of %d missing nodes %d halt the validator and %d make it fork", failures, h, f)
	}
	if f, h, failures := forks(nil, few); f > 0 || failures == 0 {
		t.Errorf("of %d missing nodes %d halt the validator and %d make it fork, want all to halt it", failures, h, f)
	}
	db.loses = false

	// A halted validator has its former state: with a working database the block has the right
	// result.
	n.open()
	if got, err := n.next(txs); err != nil || !bytes.Equal(got.AppHash, want.AppHash) {
		t.Errorf("after the failures: %v", err)
	}
}

// TestFailedWriteHalts: a validator that cannot write the changes of a block halts. It continues
// after its last block when it can write again.
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
			t.Fatalf("write %d has failed: %t; the block returned %v", at, failed, err)
		}
		db.writes = 0
		if n.open(); failed && n.LastBlockHeight() < n.height {
			if err := commit(); err != nil {
				t.Fatalf("after write %d has failed: %v", at, err)
			}
		}
		if !bytes.Equal(n.LastCommitID().Hash, twin.LastCommitID().Hash) {
			t.Fatalf("after write %d has failed the validator has a wrong state", at)
		}
		if !failed {
			if at == 1 {
				t.Error("nothing is written")
			}
			return
		}
	}
}
