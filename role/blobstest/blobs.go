// Package blobstest is the conformance suite of [role.Blobs]: a test of an implementation
// calls [Run] with a function that connects a node to others. It has no transport of its
// own and is not for use outside tests.
package blobstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Chain is the chain of the nodes.
const Chain = "test-1"

// The node that asks, and a node to which every policy refuses updates.
const (
	self      = 5
	bystander = 6
)

// Peer is what a node serves: the labelled blobs of a store, as its policy permits.
type Peer struct {
	Store  blob.Store
	Policy blob.Policy
}

// world is a test with the peers that the node under test can ask.
type world struct {
	*testing.T
	places map[uint64]Peer
	open   Open
}

// Open connects a node of [Chain] to the nodes that serve something. A node that is not a
// key of places cannot be found.
type Open func(t *testing.T, self uint64, places map[uint64]Peer) role.Blobs

// Run tests that what open returns keeps the contract of [role.Blobs].
func Run(t *testing.T, open Open) {
	for _, test := range []struct {
		name string
		run  func(w *world)
	}{
		{"ModelFromTheFirstThatServesIt", model},
		{"StateIsServedAsAModel", state},
		{"NobodyServes", nobody},
		{"CorruptModelIsSkipped", corruptModel},
		{"CorruptUpdateIsSkipped", corruptUpdate},
		{"TooLargeIsNotKept", tooLarge},
		{"UpdateComesWithItsLabel", update},
		{"UpdateOpensItsCommitment", opening},
		{"UpdateIsNotForEverybody", forbidden},
		{"PutIsKept", put},
		{"PutIsRefused", putRefused},
		{"EndsWithItsContext", canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{T: t, places: map[uint64]Peer{}, open: open}
			for node := range uint64(self) {
				w.places[node+1] = Peer{blob.NewMemory(), testPolicy{}}
			}
			test.run(w)
		})
	}
}

// connect connects a node to the peers.
func (w *world) connect(node uint64) role.Blobs { return w.open(w.T, node, w.places) }

// keep stores bytes under a label at the node that serves them.
func (w *world) keep(node uint64, l blob.Label, b []byte) {
	w.Helper()
	if err := role.PutBlob(w.Context(), w.places[node].Store, b, l); err != nil {
		w.Fatal(err)
	}
}

// corrupt makes a node serve its blobs after spoil has changed them.
func (w *world) corrupt(node uint64, spoil func([]byte) []byte) {
	w.places[node] = Peer{corruptStore{w.places[node].Store, spoil}, w.places[node].Policy}
}

// flip changes one bit.
func flip(b []byte) []byte {
	b[len(b)/2] ^= 1
	return b
}

// cut takes the last byte away.
func cut(b []byte) []byte { return b[:len(b)-1] }

// wantStored fails the test unless a blob is unchanged in a store (want) or absent.
func (w *world) wantStored(s blob.Store, b []byte, want bool) {
	w.Helper()
	got, err := role.ReadBlob(w.Context(), s, spec.DigestOf(b))
	if found := err == nil && bytes.Equal(got, b); found != want || err != nil && !errors.Is(err, blob.ErrNotFound) {
		w.Errorf("the store holds it: %v (%v), want %v", found, err, want)
	}
}

func (w *world) wantErr(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("got error %v, want %v", err, want)
	}
}

// corruptStore is a store whose blobs do not match their digests.
type corruptStore struct {
	blob.Store
	spoil func([]byte) []byte
}

// Open implements [blob.Store].
func (r corruptStore) Open(ctx context.Context, d spec.Digest) (io.ReadSeekCloser, int64, error) {
	f, _, err := r.Store.Open(ctx, d)
	if err != nil {
		return nil, 0, err
	}
	b, err := io.ReadAll(f)
	b = r.spoil(b)
	return seeker{bytes.NewReader(b)}, int64(len(b)), errors.Join(err, f.Close())
}

type seeker struct{ *bytes.Reader }

// Close implements [io.Closer].
func (seeker) Close() error { return nil }

// maxUpdateSize is the largest update in bytes that the policy accepts.
const maxUpdateSize = 1000

// testPolicy lets a trainer put its own update, and everybody but the bystander get one.
type testPolicy struct{}

// MayPut implements [blob.Policy].
func (testPolicy) MayPut(_ context.Context, c blob.Caller, r blob.Ref, e blob.Entry) error {
	switch {
	case c.Node != r.Slot.Node:
		return fmt.Errorf("%w: node %d may not put %s", blob.ErrForbidden, c.Node, r)
	case e.Size > maxUpdateSize:
		return fmt.Errorf("%w: %d bytes", blob.ErrTooLarge, e.Size)
	}
	return nil
}

// ChainOf implements [blob.Policy].
func (testPolicy) ChainOf(context.Context, uint64) (string, error) { return Chain, nil }

// CheckUpdate implements [blob.Policy].
func (testPolicy) CheckUpdate(_ context.Context, _ blob.Ref, _ blob.Entry, body io.Reader) error {
	b, err := io.ReadAll(body)
	if bytes.HasPrefix(b, []byte("garbage")) {
		return errors.New("it is garbage")
	}
	return err
}

// Receipt implements [blob.Policy].
func (testPolicy) Receipt(context.Context, blob.Ref, blob.Entry) (spec.Receipt, error) {
	return spec.Receipt{Aggregator: 1, Signature: spec.Signature{1}}, nil
}

func (testPolicy) MayGetUpdate(_ context.Context, c blob.Caller, r blob.Ref) error {
	if c.Node == bystander {
		return fmt.Errorf("%w: node %d may not get %s", blob.ErrForbidden, c.Node, r)
	}
	return nil
}

// MayGetModel implements [blob.Policy].
func (testPolicy) MayGetModel(context.Context, blob.Caller, blob.Ref) error { return nil }

func model(w *world) {
	b := blobtest.Bytes(1, blob.ChunkSize+10)
	w.keep(2, blobtest.LabelOf(blobtest.ModelRef(1), b), b)
	into, blobs, d := blob.NewMemory(), w.connect(self), spec.DigestOf(b)
	if err := blobs.FetchModel(w.Context(), []uint64{99, 1, 2}, d, int64(len(b)), into); err != nil {
		w.Fatal(err)
	}
	w.wantStored(into, b, true)
	if err := blobs.FetchModel(w.Context(), nil, d, int64(len(b)), into); err != nil {
		w.Errorf("a model in the store is fetched again: %v", err)
	}
	if labels, err := into.Labels(w.Context()); err != nil || len(labels) != 0 {
		w.Errorf("a model comes with labels %v (%v)", labels, err)
	}
}

func state(w *world) {
	b := blobtest.Bytes(1, 10)
	place := blobtest.ModelRef(1)
	place.Kind = blob.State
	w.keep(2, blobtest.LabelOf(place, b), b)
	into := blob.NewMemory()
	if err := w.connect(self).FetchModel(w.Context(), []uint64{1, 2}, spec.DigestOf(b), 10, into); err != nil {
		w.Fatal(err)
	}
	w.wantStored(into, b, true)
}

// nobody: a node that has left, a node whose blob has no label, and the node itself serve
// nothing.
func nobody(w *world) {
	b, other := blobtest.Bytes(1, 10), blobtest.Bytes(2, 10)
	label := blobtest.LabelOf(blobtest.ModelRef(1), b)
	w.keep(self, label, b)
	if _, _, err := blob.Put(w.Context(), w.places[1].Store, bytes.NewReader(b), 10); err != nil {
		w.Fatal(err)
	}
	w.keep(2, blobtest.LabelOf(blobtest.ModelRef(1), other), other)
	blobs, into := w.connect(self), blob.NewMemory()
	for _, from := range [][]uint64{nil, {99}, {self}, {1, 2, 3, self, 99}} {
		w.wantErr(blobs.FetchModel(w.Context(), from, label.Digest, 10, into), blob.ErrNotFound)
		_, err := blobs.FetchUpdate(w.Context(), from, blobtest.UpdateRef(7), spec.Digest{1}, 10, into)
		w.wantErr(err, blob.ErrNotFound)
	}
	w.wantStored(into, b, false)
}

func corruptModel(w *world) {
	b := blobtest.Bytes(1, 3*blob.ChunkSize)
	for _, node := range []uint64{1, 2, 3} {
		w.keep(node, blobtest.LabelOf(blobtest.ModelRef(1), b), b)
	}
	w.corrupt(1, flip)
	w.corrupt(2, cut)
	into, blobs, d := blob.NewMemory(), w.connect(self), spec.DigestOf(b)
	for _, from := range []uint64{1, 2} {
		w.wantErr(blobs.FetchModel(w.Context(), []uint64{from}, d, int64(len(b)), into), blob.ErrMismatch)
		w.wantStored(into, b, false)
	}
	if err := blobs.FetchModel(w.Context(), []uint64{1, 2, 3}, d, int64(len(b)), into); err != nil {
		w.Fatal(err)
	}
	w.wantStored(into, b, true)
}

func corruptUpdate(w *world) {
	b := blobtest.Bytes(1, 500)
	l := blobtest.LabelOf(blobtest.UpdateRef(7), b)
	for _, node := range []uint64{1, 2, 3} {
		w.keep(node, l, b)
	}
	w.corrupt(1, flip)
	w.corrupt(2, cut)
	into, blobs := blob.NewMemory(), w.connect(self)
	for _, from := range []uint64{1, 2} {
		_, err := blobs.FetchUpdate(w.Context(), []uint64{from}, l.Ref, commitment(l), 500, into)
		w.wantErr(err, blob.ErrMismatch)
		w.wantStored(into, b, false)
	}
	if labels, err := into.Labels(w.Context()); err != nil || len(labels) != 0 {
		w.Errorf("bad bytes leave labels %v (%v)", labels, err)
	}
	if e, err := blobs.FetchUpdate(w.Context(), []uint64{1, 2, 3}, l.Ref, commitment(l), 500, into); err != nil || e != l.Entry {
		w.Errorf("got %v, %v; want %v", e, err, l.Entry)
	}
	w.wantStored(into, b, true)
}

func tooLarge(w *world) {
	b := blobtest.Bytes(1, 10)
	l := blobtest.LabelOf(blobtest.UpdateRef(7), b)
	w.keep(1, blobtest.LabelOf(blobtest.ModelRef(1), b), b)
	w.keep(2, l, b)
	into, blobs := blob.NewMemory(), w.connect(self)
	w.wantErr(blobs.FetchModel(w.Context(), []uint64{1}, l.Digest, 9, into), blob.ErrTooLarge)
	_, err := blobs.FetchUpdate(w.Context(), []uint64{2}, l.Ref, commitment(l), 9, into)
	w.wantErr(err, blob.ErrTooLarge)
	w.wantStored(into, b, false)
}

func commitment(l blob.Label) spec.Digest {
	return spec.UpdateCommitment(l.Slot, l.Digest, l.Salt)
}

func update(w *world) {
	b := blobtest.Bytes(1, 500)
	l := blobtest.LabelOf(blobtest.UpdateRef(7), b)
	w.keep(3, l, b)
	into, blobs := blob.NewMemory(), w.connect(self)
	for _, from := range [][]uint64{{1, self, 3}, nil} { // the second time it is in the store
		e, err := blobs.FetchUpdate(w.Context(), from, l.Ref, commitment(l), 500, into)
		if err != nil || e != l.Entry {
			w.Errorf("got %v, %v; want %v", e, err, l.Entry)
		}
	}
	w.wantStored(into, b, true)
	if e, err := into.Lookup(w.Context(), l.Ref); err != nil || e != l.Entry {
		w.Errorf("its label is %v (%v), want %v", e, err, l.Entry)
	}
}

func opening(w *world) {
	right, wrong := blobtest.Bytes(1, 50), blobtest.Bytes(2, 50)
	l := blobtest.LabelOf(blobtest.UpdateRef(7), right)
	w.keep(1, blobtest.LabelOf(l.Ref, wrong), wrong)
	w.keep(2, l, right)
	into, blobs := blob.NewMemory(), w.connect(self)
	_, err := blobs.FetchUpdate(w.Context(), []uint64{1}, l.Ref, commitment(l), 50, into)
	w.wantErr(err, blob.ErrOpening)
	w.wantStored(into, wrong, false)
	if e, err := blobs.FetchUpdate(w.Context(), []uint64{1, 2}, l.Ref, commitment(l), 50, into); err != nil || e != l.Entry {
		w.Errorf("got %v, %v; want %v", e, err, l.Entry)
	}
}

func forbidden(w *world) {
	b := blobtest.Bytes(1, 50)
	l := blobtest.LabelOf(blobtest.UpdateRef(7), b)
	w.keep(1, l, b)
	into := blob.NewMemory()
	_, err := w.connect(bystander).FetchUpdate(w.Context(), []uint64{1}, l.Ref, commitment(l), 50, into)
	w.wantErr(err, blob.ErrForbidden)
	w.wantStored(into, b, false)
}

// upload puts bytes under an entry that may not match them.
func upload(w *world, blobs role.Blobs, to uint64, l blob.Label, b []byte) error {
	_, err := blobs.PutUpdate(w.Context(), to, l.Ref, l.Entry, func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b)), nil
	})
	return err
}

func put(w *world) {
	b := blobtest.Bytes(1, 500)
	l := blobtest.LabelOf(blobtest.UpdateRef(self), b)
	blobs := w.connect(self)
	for range 2 { // with a receipt each time
		receipt, err := blobs.PutUpdate(w.Context(), 1, l.Ref, l.Entry, func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(b)), nil
		})
		if want := (spec.Receipt{Aggregator: 1, Signature: spec.Signature{1}}); err != nil || receipt != want {
			w.Fatalf("got %+v, %v; want %+v", receipt, err, want)
		}
	}
	w.wantStored(w.places[1].Store, b, true)
	if e, err := w.places[1].Store.Lookup(w.Context(), l.Ref); err != nil || e != l.Entry {
		w.Errorf("its label is %v (%v), want %v", e, err, l.Entry)
	}
	other := blobtest.Bytes(2, 500)
	w.wantErr(upload(w, blobs, 1, blobtest.LabelOf(l.Ref, other), other), blob.ErrConflict)
}

func putRefused(w *world) {
	b := blobtest.Bytes(1, 500)
	l := blobtest.LabelOf(blobtest.UpdateRef(self), b)
	blobs := w.connect(self)
	w.wantErr(upload(w, blobs, 99, l, b), blob.ErrNotFound)
	w.wantErr(upload(w, blobs, 1, blobtest.LabelOf(blobtest.UpdateRef(7), b), b), blob.ErrForbidden)
	w.wantErr(upload(w, blobs, 1, l, blobtest.Bytes(2, 500)), blob.ErrMismatch)
	garbage := []byte("garbage in")
	w.wantErr(upload(w, blobs, 1, blobtest.LabelOf(l.Ref, garbage), garbage), blob.ErrContent)
	large := blobtest.Bytes(3, maxUpdateSize+1)
	w.wantErr(upload(w, blobs, 1, blobtest.LabelOf(l.Ref, large), large), blob.ErrTooLarge)
	for _, refused := range [][]byte{b, garbage, large} {
		w.wantStored(w.places[1].Store, refused, false)
	}
	if labels, err := w.places[1].Store.Labels(w.Context()); err != nil || len(labels) != 0 {
		w.Errorf("what was refused left labels %v (%v)", labels, err)
	}
}

func canceled(w *world) {
	b := blobtest.Bytes(1, 10)
	w.keep(1, blobtest.LabelOf(blobtest.ModelRef(1), b), b)
	ctx, stop := context.WithCancel(w.Context())
	stop()
	into := blob.NewMemory()
	w.wantErr(w.connect(self).FetchModel(ctx, []uint64{1}, spec.DigestOf(b), 10, into), context.Canceled)
	w.wantStored(into, b, false)
}
