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

// disk is the chain's database, which remembers that it has failed.
//
// The SDK does not always pass a failure on. It logs that a tree could not be changed
// and goes on, and it turns a panic of a store into a failed transaction. A validator
// whose disk fails for a moment would then agree with nobody, and keep that state. So
// the application ends no block and votes on none once its database has failed: it
// returns an error, at which CometBFT stops, and the last block that was committed is
// where the validator starts again.
type disk struct {
	dbm.DB
	failed atomic.Pointer[error]
}

// note remembers the first failure.
func (d *disk) note(err error) error {
	if err != nil {
		d.failed.CompareAndSwap(nil, &err)
	}
	return err
}

// failure is what has failed, or nil.
func (d *disk) failure() error {
	if err := d.failed.Load(); err != nil {
		return fmt.Errorf("the chain's database has failed: %w", *err)
	}
	return nil
}

// Get implements [dbm.DB].
func (d *disk) Get(key []byte) ([]byte, error) {
	value, err := d.DB.Get(key)
	if err == nil && value == nil && torn(key) {
		_ = d.note(errMissing) // the tree makes an error of its own of it
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

// walk is an iterator of a disk: one that cannot read on looks as if it had come to
// its end.
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

// errMissing is noted where a tree looks for a node of its own that is not there.
var errMissing = errors.New("a node of a state's tree is missing")

// The functions by which a tree reads a node that it must have, and by which it lets go
// of old ones. That may have been cut off, so it finds some of them gone; it is no part
// of a block.
const (
	readsNode = "github.com/cosmos/iavl.(*nodeDB).GetNode"
	letsGo    = "github.com/cosmos/iavl.(*nodeDB).deleteVersionsTo"
)

// torn reports whether a key that is not there is a node of a tree. The database cannot
// say so, and of the trees' users some take it for the end of a list, so we look who
// asks. Nobody does in the life of a whole database.
func torn(key []byte) bool {
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
		case letsGo:
			return false
		}
		if !more {
			return reads
		}
	}
}

// sound is an answer to CometBFT, unless the database has failed.
func sound[R any](d *disk, answer *R, err error) (*R, error) {
	if failure := d.failure(); failure != nil {
		return nil, failure
	}
	return answer, err
}

// PrepareProposal proposes a block.
func (a *App) PrepareProposal(req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	res, err := a.BaseApp.PrepareProposal(req)
	return sound(a.disk, res, err)
}

// ProcessProposal judges a proposed block.
func (a *App) ProcessProposal(req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	res, err := a.BaseApp.ProcessProposal(req)
	return sound(a.disk, res, err)
}

// FinalizeBlock carries a block out.
func (a *App) FinalizeBlock(req *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	res, err := a.BaseApp.FinalizeBlock(req)
	if err == nil {
		a.witness.hearBlock(req, res)
	}
	return sound(a.disk, res, err)
}

// Commit keeps what the last block has changed.
func (a *App) Commit() (*abci.ResponseCommit, error) {
	res, err := a.commit()
	return sound(a.disk, res, err)
}
