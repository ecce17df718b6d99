package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/spec"
)

// aggregatorNode is an aggregator with a folder of blobs and no network.
type aggregatorNode struct {
	work
	tools  role.Tools
	round  spec.Round
	folder string
}

// newAggregator makes an aggregator that has received and verified the blobs of the round.
func newAggregator(ctx context.Context, w work, folder string) (aggregatorNode, error) {
	n := aggregatorNode{work: w, folder: folder, round: spec.Round{Task: 1, Number: 1}}
	store, err := blob.OpenDir(filepath.Join(folder, "node"))
	if err != nil {
		return n, err
	}
	n.tools = role.Tools{
		Node: 1, Store: store, Journal: noJournal{}, Random: rand.Reader,
		Blobs: blob.Network{Client: blob.Client{Chain: chain}},
	}
	b, err := w.base.Encode()
	if err != nil {
		return n, err
	}
	n.round.Base = spec.DigestOf(b)
	base := blob.Label{Ref: blob.Ref{Kind: blob.Model, Slot: spec.Slot{Chain: chain, Task: 1}}, Entry: blob.Entry{Digest: n.round.Base, Size: int64(len(b))}}
	if err := role.PutBlob(ctx, store, b, base); err != nil {
		return n, err
	}
	for i := range w.updates {
		l, err := n.receive(ctx, store, i)
		if err != nil {
			return n, err
		}
		n.round.Trainers = append(n.round.Trainers, spec.Contribution{
			Node: l.Slot.Node, Samples: uint32(w.samples[i]), Height: 1, Survivor: true,
			Commitment: spec.UpdateCommitment(l.Slot, l.Digest, l.Salt),
		})
	}
	return n, nil
}

// receive does what an aggregator does with an update that it receives: it hashes the bytes
// while it stores them, checks the update, and labels it.
func (n aggregatorNode) receive(ctx context.Context, store blob.Store, i int) (blob.Label, error) {
	b := n.updates[i]
	draft, err := store.Draft(ctx, spec.Digest{}, int64(len(b)))
	if err != nil {
		return blob.Label{}, err
	}
	defer draft.Close()
	for piece := bytes.NewReader(b); piece.Len() > 0; {
		next := make([]byte, min(blob.ChunkSize, piece.Len()))
		_, _ = piece.Read(next)
		if _, err := draft.Write(next); err != nil {
			return blob.Label{}, err
		}
	}
	want := model.UpdateHeader{Slot: n.slots[i], ScaleBits: scaleBits, Count: uint64(len(n.base.Weights))}
	if err := model.CheckUpdate(draft.Reader(), want); err != nil {
		return blob.Label{}, err
	}
	l := blob.Label{Ref: blob.Ref{Kind: blob.Update, Slot: n.slots[i]}, Entry: blob.Entry{Digest: draft.Digest(), Salt: spec.Salt{1}, Size: int64(len(b))}}
	return l, draft.Commit(ctx, l)
}

// stored goes from stored updates to the stored next model. It is the whole action of an
// aggregator, which ends with a synced and labelled blob.
func (n aggregatorNode) stored(ctx context.Context) error {
	e, err := aggregator.Combine{Task: n.task, Round: n.round}.Do(ctx, n.tools)
	if err != nil {
		return err
	}
	if done, ok := e.(aggregator.Combined); !ok || done.Model.IsZero() {
		return fmt.Errorf("the aggregator returns %v: want a model", e)
	}
	return nil
}

// ingest goes from received updates to verified blobs in a new store. Each core handles one
// update at a time.
func (n aggregatorNode) ingest(ctx context.Context) error {
	store, err := blob.OpenDir(n.arrivals())
	if err != nil {
		return err
	}
	var next atomic.Int64
	var all sync.WaitGroup
	errs := make([]error, runtime.GOMAXPROCS(0))
	for core := range errs {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(n.updates) && errs[core] == nil; i = int(next.Add(1)) - 1 {
				_, errs[core] = n.receive(ctx, store, i)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// clear removes the store of ingest.
func (n aggregatorNode) clear() error { return os.RemoveAll(n.arrivals()) }

func (n aggregatorNode) arrivals() string { return filepath.Join(n.folder, "arrivals") }

// noJournal is a journal that records nothing, so that an action can run again.
type noJournal struct{}

// Recall implements [role.Journal].
func (noJournal) Recall(string, any) (bool, error) { return false, nil }

// Record implements [role.Journal].
func (noJournal) Record(string, any) error { return nil }

// Keys implements [role.Journal].
func (noJournal) Keys() []string { return nil }

// Forget implements [role.Journal].
func (noJournal) Forget(...string) error { return nil }
