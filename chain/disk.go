package chain

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
)

// disk is the chain's database. It records its first failure.
//
// The SDK does not always report failures. If a tree cannot be changed it logs the error and
// continues, and it turns the panic of a store into a failed transaction. A validator whose
// disk fails for a moment would then keep a state that differs from all others. So after a
// failure the application ends no block and votes on none: it returns an error, on which
// CometBFT stops. After a restart the validator continues from the last committed block.
type disk struct {
	dbm.DB
	failed atomic.Pointer[error]
}

// note records the first failure.
func (d *disk) note(err error) error {
	if err != nil {
		d.failed.CompareAndSwap(nil, &err)
	}
	return err
}

// failure returns the first failure, or nil.
func (d *disk) failure() error {
	if err := d.failed.Load(); err != nil {
		return fmt.Errorf("the chain's database has failed: %w", *err)
	}
	return nil
}

// Get implements [dbm.DB].
func (d *disk) Get(key []byte) ([]byte, error) {
	value, err := d.DB.Get(key)
	if err == nil && value == nil && isMissingNode(key) {
		_ = d.note(errMissing) // the tree itself returns an error
	}
	return value, d.note(err)
}

// Has implements [dbm.DB].
func (d *disk) Has(key []byte) (bool, error) {
	has, err := d.DB.Has(key)
	return has, d.note(err)
}

// Set implements [dbm.DB].
func (d *disk) Set(key, value []byte) error { return d.note(d.DB.Set(key, value)) }

// SetSync implements [dbm.DB].
func (d *disk) SetSync(key, value []byte) error { return d.note(d.DB.SetSync(key, value)) }

// Delete implements [dbm.DB].
func (d *disk) Delete(key []byte) error { return d.note(d.DB.Delete(key)) }

// DeleteSync implements [dbm.DB].
func (d *disk) DeleteSync(key []byte) error { return d.note(d.DB.DeleteSync(key)) }

// Iterator implements [dbm.DB].
func (d *disk) Iterator(start, end []byte) (dbm.Iterator, error) {
	return d.walk(d.DB.Iterator(start, end))
}

// ReverseIterator implements [dbm.DB].
func (d *disk) ReverseIterator(start, end []byte) (dbm.Iterator, error) {
	return d.walk(d.DB.ReverseIterator(start, end))
}

func (d *disk) walk(over dbm.Iterator, err error) (dbm.Iterator, error) {
	if err != nil {
		return nil, d.note(err)
	}
	return walk{over, d}, nil
}

// NewBatch implements [dbm.DB].
func (d *disk) NewBatch() dbm.Batch { return batch{d.DB.NewBatch(), d} }

// NewBatchWithSize implements [dbm.DB].
func (d *disk) NewBatchWithSize(size int) dbm.Batch { return batch{d.DB.NewBatchWithSize(size), d} }

// walk is an iterator of a disk. An iterator that fails looks as if it were at its end, so walk
// records its error.
type walk struct {
	dbm.Iterator
	disk *disk
}

// Valid implements [dbm.Iterator].
func (w walk) Valid() bool {
	if w.Iterator.Valid() {
		return true
	}
	_ = w.Error()
	return false
}

// Error implements [dbm.Iterator].
func (w walk) Error() error { return w.disk.note(w.Iterator.Error()) }

// batch is a batch of a disk.
type batch struct {
	dbm.Batch
	disk *disk
}

// Write implements [dbm.Batch].
func (b batch) Write() error { return b.disk.note(b.Batch.Write()) }

// WriteSync implements [dbm.Batch].
func (b batch) WriteSync() error { return b.disk.note(b.Batch.WriteSync()) }

// errMissing is recorded when a tree looks for one of its nodes and does not find it.
var errMissing = errors.New("a node of a state's tree is missing")

// The functions with which a tree reads a node that must exist, and with which it prunes old
// nodes. Pruning may find nodes missing, because an earlier pruning was interrupted; it is not
// part of a block.
const (
	readsNode   = "github.com/cosmos/iavl.(*nodeDB).GetNode"
	prunesNodes = "github.com/cosmos/iavl.(*nodeDB).deleteVersionsTo"
)

// isMissingNode reports whether a missing key belongs to a node of a tree. The database cannot
// tell, and some callers of the trees take the error for the end of a list, so isMissingNode looks
// at the call stack. It runs only for missing keys, which an intact database does not have.
func isMissingNode(key []byte) bool {
	if !bytes.HasPrefix(key, []byte("s/k:")) { // stores lie there
		return false
	}
	callers := make([]uintptr, 128)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for reads := false; ; {
		f, more := frames.Next()
		switch f.Function {
		case readsNode:
			reads = true
		case prunesNodes:
			return false
		}
		if !more {
			return reads
		}
	}
}

// orFailure returns the answer to CometBFT, or the failure of the database.
func orFailure[R any](d *disk, answer *R, err error) (*R, error) {
	if failure := d.failure(); failure != nil {
		return nil, failure
	}
	return answer, err
}

// PrepareProposal proposes a block.
func (a *App) PrepareProposal(req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	res, err := a.BaseApp.PrepareProposal(req)
	return orFailure(a.disk, res, err)
}

// ProcessProposal judges a proposed block.
func (a *App) ProcessProposal(req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	res, err := a.BaseApp.ProcessProposal(req)
	return orFailure(a.disk, res, err)
}

// FinalizeBlock executes a block.
func (a *App) FinalizeBlock(req *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	res, err := a.BaseApp.FinalizeBlock(req)
	if err == nil {
		a.witness.observeBlock(req, res)
	}
	return orFailure(a.disk, res, err)
}

// Commit writes the state after the last block.
func (a *App) Commit() (*abci.ResponseCommit, error) {
	res, err := a.commit()
	return orFailure(a.disk, res, err)
}
