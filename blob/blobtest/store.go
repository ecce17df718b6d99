package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// Run tests that a store keeps the promises of [blob.Store] and [blob.Index]. Each call of
// open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s blob.Store)
	}{
		{"PutThenOpen", putThenOpen},
		{"PutKeepsNothingTooLarge", putTooLarge},
		{"PutKeepsNothingBroken", putBroken},
		{"PutAsRefusesOtherBytes", putAsOther},
		{"AbsentIsNotFound", absent},
		{"ListIsOrdered", list},
		{"OpenOutlivesDelete", openOutlivesDelete},
		{"VerifiedIsReadInAnyOrder", verified},
		{"DraftIsUnseenUntilCommit", draftUnseen},
		{"DraftGoesOn", draftGoesOn},
		{"DraftWaitsForItsTwin", draftWaits},
		{"CommitRefusesOtherBytes", commitOther},
		{"CommitIsAllOrNothing", commitConflict},
		{"LabelLeadsToBlob", label},
		{"UpdatesOfARound", updatesOf},
		{"LabelRefusesWrongLabels", labelRefuses},
		{"RelabelChangesTheSalt", relabel},
		{"RelabelChangesNothingElse", relabelRefuses},
		{"ForgetKeepsSharedBlobs", forget},
		{"ConcurrentUse", concurrent},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// Bytes is size bytes that differ from chunk to chunk and from seed to seed.
func Bytes(seed byte, size int) []byte {
	b := make([]byte, size)
	state := uint32(seed) + 1
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = byte(state >> 24)
	}
	return b
}

// UpdateRef is the place of a node's update in round 1 of task 1.
func UpdateRef(node uint64) blob.Ref {
	return blob.Ref{Kind: blob.Update, Slot: spec.Slot{Chain: "test-1", Task: 1, Round: 1, Node: node}}
}

// ModelRef is the place of the model of a round of task 1.
func ModelRef(round uint64) blob.Ref {
	return blob.Ref{Kind: blob.Model, Slot: spec.Slot{Chain: "test-1", Task: 1, Round: round}}
}

// LabelOf lets a ref lead to some bytes.
func LabelOf(r blob.Ref, b []byte) blob.Label {
	return blob.Label{Ref: r, Entry: blob.Entry{Digest: spec.DigestOf(b), Salt: spec.Salt{1}, Size: int64(len(b))}}
}

func put(t *testing.T, s blob.Store, b []byte) spec.Digest {
	t.Helper()
	d, size, err := blob.Put(t.Context(), s, bytes.NewReader(b), int64(len(b)))
	if err != nil || d != spec.DigestOf(b) || size != int64(len(b)) {
		t.Fatalf("put: %s of %d bytes, %v; want %s of %d", d, size, err, spec.DigestOf(b), len(b))
	}
	return d
}

func begin(t *testing.T, s blob.Store, d spec.Digest, limit int64) *blob.Draft {
	t.Helper()
	draft, err := s.Draft(t.Context(), d, limit)
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

func write(t *testing.T, d *blob.Draft, b []byte) {
	t.Helper()
	if n, err := d.Write(b); err != nil || n != len(b) {
		t.Fatalf("write: %d of %d, %v", n, len(b), err)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

func wantBytes(t *testing.T, s blob.Store, want []byte) {
	t.Helper()
	f, size, err := s.Open(t.Context(), spec.DigestOf(want))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || size != int64(len(want)) || !bytes.Equal(got, want) {
		t.Fatalf("read %d of %d bytes, want %d equal ones: %v", len(got), size, len(want), err)
	}
}

func wantEmpty(t *testing.T, s blob.Store) {
	t.Helper()
	names, err := s.List(t.Context())
	labels, err2 := s.Labels(t.Context())
	if err != nil || err2 != nil || len(names)+len(labels) != 0 {
		t.Fatalf("store holds %v and %v, %v, %v; want nothing", names, labels, err, err2)
	}
}

func putThenOpen(t *testing.T, s blob.Store) {
	for _, size := range []int{0, 1, blob.ChunkSize - 1, blob.ChunkSize, 2*blob.ChunkSize + 7} {
		b := Bytes(1, size)
		put(t, s, b)
		put(t, s, b) // the same again is fine
		wantBytes(t, s, b)
		f, _, err := s.Open(t.Context(), spec.DigestOf(b))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(int64(size/2), io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(f); err != nil || !bytes.Equal(rest, b[size/2:]) {
			t.Fatalf("after seek: %d bytes, %v", len(rest), err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func verified(t *testing.T, s blob.Store) {
	_, err := s.OpenVerified(t.Context(), spec.DigestOf(nil))
	wantErr(t, err, blob.ErrNotFound)
	for _, size := range []int{0, 1, 2*blob.ChunkSize + 7} {
		want := Bytes(2, size)
		d := put(t, s, want)
		for range 2 {
			f, err := s.OpenVerified(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			parts := make([][]byte, 3)
			for i := range parts {
				wg.Go(func() {
					parts[i] = make([]byte, size*(i+1)/3-size*i/3)
					if n, err := f.ReadAt(parts[i], int64(size*i/3)); n < len(parts[i]) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			got, err := io.ReadAll(f)
			if err != nil || f.Size() != int64(size) || !bytes.Equal(got, want) || !bytes.Equal(slices.Concat(parts...), want) {
				t.Fatalf("read %d bytes of %d, %v; want %d equal ones, also in parts", len(got), f.Size(), err, size)
			}
			lent := []byte{}
			for i := range 3 {
				err := f.View(int64(size*i/3), len(parts[i]), func(b []byte) error { lent = append(lent, b...); return nil })
				if err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(lent, want) {
				t.Fatalf("%d bytes were lent, want %d equal ones", len(lent), size)
			}
			for _, c := range []struct {
				at int64
				n  int
			}{{0, size + 1}, {int64(size), 1}, {int64(size) + 1, 0}, {-1, 1}, {0, -1}, {math.MaxInt64, 1}} {
				wantErr(t, f.View(c.at, c.n, func([]byte) error { t.Error("bytes were lent"); return nil }), io.ErrUnexpectedEOF)
			}
			broken := errors.New("broken")
			wantErr(t, f.View(0, size, func([]byte) error { return broken }), broken)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	f, err := s.OpenVerified(t.Context(), spec.DigestOf(Bytes(2, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(t.Context(), spec.DigestOf(Bytes(2, 1))); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || len(got) != 1 {
		t.Fatalf("a blob that is deleted while it is read gives %d bytes, %v", len(got), err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func putTooLarge(t *testing.T, s blob.Store) {
	_, _, err := blob.Put(t.Context(), s, strings.NewReader("12345"), 4)
	wantErr(t, err, blob.ErrTooLarge)
	wantEmpty(t, s)
}

func putBroken(t *testing.T, s blob.Store) {
	broken := errors.New("broken")
	r := io.MultiReader(bytes.NewReader(Bytes(1, blob.ChunkSize)), iotest.ErrReader(broken))
	_, _, err := blob.Put(t.Context(), s, r, 1<<30)
	wantErr(t, err, broken)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = blob.Put(ctx, s, strings.NewReader("late"), 4)
	wantErr(t, err, context.Canceled)
	wantEmpty(t, s)
}

func putAsOther(t *testing.T, s blob.Store) {
	want := spec.DigestOf([]byte("right"))
	_, err := blob.PutAs(t.Context(), s, want, strings.NewReader("wrong"), 5)
	wantErr(t, err, blob.ErrMismatch)
	wantEmpty(t, s)
	if size, err := blob.PutAs(t.Context(), s, want, strings.NewReader("right"), 5); err != nil || size != 5 {
		t.Fatalf("put as: %d, %v", size, err)
	}
	wantBytes(t, s, []byte("right"))
}

func absent(t *testing.T, s blob.Store) {
	d := spec.DigestOf([]byte("absent"))
	_, _, err := s.Open(t.Context(), d)
	wantErr(t, err, blob.ErrNotFound)
	wantErr(t, s.Delete(t.Context(), d), blob.ErrNotFound)
	_, err = s.Lookup(t.Context(), UpdateRef(1))
	wantErr(t, err, blob.ErrNotFound)
	wantErr(t, s.Forget(t.Context(), UpdateRef(1)), blob.ErrNotFound)
	if has, err := s.Has(t.Context(), d); has || err != nil {
		t.Fatalf("has: %v, %v", has, err)
	}
}

func list(t *testing.T, s blob.Store) {
	var want []spec.Digest
	for i := range byte(20) {
		want = append(want, put(t, s, Bytes(i, 10)))
	}
	slices.SortFunc(want, func(a, b spec.Digest) int { return bytes.Compare(a[:], b[:]) })
	got, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func openOutlivesDelete(t *testing.T, s blob.Store) {
	b := Bytes(1, 2*blob.ChunkSize)
	d := put(t, s, b)
	f, _, err := s.Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := s.Delete(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("read %d bytes of a deleted blob, %v", len(got), err)
	}
	wantEmpty(t, s)
}

func draftUnseen(t *testing.T, s blob.Store) {
	b := Bytes(1, blob.ChunkSize+5)
	draft := begin(t, s, spec.DigestOf(b), 1<<30)
	write(t, draft, b[:9])
	write(t, draft, b[9:])
	if has, err := s.Has(t.Context(), spec.DigestOf(b)); has || err != nil {
		t.Fatalf("a draft is seen: %v, %v", has, err)
	}
	if got, err := io.ReadAll(draft.Reader()); err != nil || !bytes.Equal(got, b) {
		t.Fatalf("draft reads %d bytes, %v", len(got), err)
	}
	if err := draft.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := draft.Close(); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, s, b)
}

func draftGoesOn(t *testing.T, s blob.Store) {
	b := Bytes(1, 3*blob.ChunkSize)
	d := spec.DigestOf(b)
	draft := begin(t, s, d, int64(len(b)))
	write(t, draft, b[:2*blob.ChunkSize])
	if err := errors.Join(draft.Close(), draft.Close()); err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, s)
	draft = begin(t, s, d, int64(len(b)))
	if draft.Size() != 2*blob.ChunkSize {
		t.Fatalf("draft goes on at %d", draft.Size())
	}
	if err := draft.Rewind(blob.ChunkSize + 1); err != nil {
		t.Fatal(err)
	}
	write(t, draft, b[blob.ChunkSize+1:])
	_, err := draft.Write([]byte{0})
	wantErr(t, err, blob.ErrTooLarge)
	if err := draft.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, s, b)
	draft = begin(t, s, d, int64(len(b)))
	defer draft.Close()
	if draft.Size() != 0 {
		t.Fatalf("after commit a draft begins with %d bytes", draft.Size())
	}
}

func draftWaits(t *testing.T, s blob.Store) {
	d := spec.DigestOf([]byte("twins"))
	first := begin(t, s, d, 5)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := s.Draft(ctx, d, 5)
	wantErr(t, err, context.DeadlineExceeded)
	write(t, first, []byte("tw"))
	sizes := make(chan int64)
	go func() {
		second, err := s.Draft(t.Context(), d, 5)
		if err != nil {
			t.Error(err)
			sizes <- -1
			return
		}
		sizes <- second.Size()
		second.Close()
	}()
	write(t, first, []byte("in"))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if size := <-sizes; size != 4 {
		t.Fatalf("the second draft began with %d bytes, want the 4 of the first", size)
	}
}

func commitOther(t *testing.T, s blob.Store) {
	draft := begin(t, s, spec.DigestOf([]byte("right")), 5)
	defer draft.Close()
	write(t, draft, []byte("wrong"))
	wantErr(t, draft.Commit(t.Context()), blob.ErrMismatch)
	wantEmpty(t, s)
	write(t, draft, []byte("right")) // the draft is empty and still open
	wantErr(t, draft.Commit(t.Context(), LabelOf(UpdateRef(1), []byte("other"))), blob.ErrMismatch)
	wantEmpty(t, s)
	write(t, draft, []byte("right"))
	if err := draft.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, s, []byte("right"))
}

func commitConflict(t *testing.T, s blob.Store) {
	first, second := []byte("first"), []byte("second")
	draft := begin(t, s, spec.Digest{}, 6)
	write(t, draft, first)
	if err := draft.Commit(t.Context(), LabelOf(UpdateRef(1), first)); err != nil {
		t.Fatal(err)
	}
	draft = begin(t, s, spec.Digest{}, 6)
	write(t, draft, second)
	wantErr(t, draft.Commit(t.Context(), LabelOf(UpdateRef(2), second), LabelOf(UpdateRef(1), second)), blob.ErrConflict)
	if err := draft.Close(); err != nil {
		t.Fatal(err)
	}
	labels, err := s.Labels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]blob.Label{LabelOf(UpdateRef(1), first)}, labels); diff != "" {
		t.Fatal(diff)
	}
	if has, _ := s.Has(t.Context(), spec.DigestOf(second)); has {
		t.Fatal("a blob is there whose commit was refused")
	}
}

func forget(t *testing.T, s blob.Store) {
	b := []byte("shared")
	d := put(t, s, b)
	for node := range uint64(2) {
		if err := s.Label(t.Context(), LabelOf(UpdateRef(node+1), b)); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, s.Delete(t.Context(), d), blob.ErrLabelled)
	if err := s.Forget(t.Context(), UpdateRef(1)); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, s, b)
	if err := s.Forget(t.Context(), UpdateRef(2)); err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, s)
}

// concurrent lets writers race for one slot: exactly one wins, and only its
// bytes are kept under it.
func concurrent(t *testing.T, s blob.Store) {
	const writers = 8
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for i := range writers {
		wg.Go(func() {
			b := Bytes(byte(i), 1000)
			errs[i] = func() error {
				draft, err := s.Draft(t.Context(), spec.Digest{}, 1000)
				if err != nil {
					return err
				}
				defer draft.Close()
				if _, err := draft.Write(b); err != nil {
					return err
				}
				return draft.Commit(t.Context(), LabelOf(UpdateRef(1), b))
			}()
			if _, err := s.Labels(t.Context()); err != nil {
				t.Error(err)
			}
			if _, _, err := blob.Put(t.Context(), s, bytes.NewReader(Bytes(100, 1000)), 1000); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			if e, err := s.Lookup(t.Context(), UpdateRef(1)); err != nil || e.Digest != spec.DigestOf(Bytes(byte(i), 1000)) {
				t.Errorf("writer %d won, but the slot leads to %s, %v", i, e.Digest, err)
			}
			continue
		}
		wantErr(t, err, blob.ErrConflict)
	}
	names, err := s.List(t.Context())
	if err != nil || won != 1 || len(names) != 2 {
		t.Fatalf("%d writers won and %d blobs are kept, %v; want 1 and 2", won, len(names), err)
	}
}
