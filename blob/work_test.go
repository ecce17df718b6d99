package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// TestRefusedUploadWakesNobody: a node that reacts to each PUT can be kept busy by strangers. A
// node that reacts to stored updates only cannot.
func TestRefusedUploadWakesNobody(t *testing.T) {
	var puts, stored atomic.Int64
	handler := &blob.Server{
		Chain: chain, Node: server, Store: inMemory(t), Policy: rules{}, Keys: rules{}, Now: atNoon,
		Stored: func(blob.Label) { stored.Add(1) },
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r)
		if r.Method == http.MethodPut {
			puts.Add(1)
		}
	}))
	defer web.Close()
	peer := blob.Peer{Node: server, Endpoint: web.URL}
	slot, update := blobtest.UpdateRef(trainer), blobtest.Bytes(1, 100)
	entry, _ := opening(slot, update)
	const strangers = 20
	for range strangers {
		if _, err := clientOf(0).PutUpdate(t.Context(), peer, slot, entry, reading(update)); !errors.Is(err, blob.ErrForbidden) {
			t.Fatal(err)
		}
	}
	if puts.Load() != strangers || stored.Load() != 0 {
		t.Errorf("%d refused PUTs woke the node for %d updates, want none", puts.Load(), stored.Load())
	}
	for range 3 { // the second brings what is there
		if _, err := clientOf(trainer).PutUpdate(t.Context(), peer, slot, entry, reading(update)); err != nil {
			t.Fatal(err)
		}
	}
	if stored.Load() != 1 {
		t.Errorf("the node was woken %d times for one update", stored.Load())
	}
}

// weighed is a store that counts the bytes that are read.
type weighed struct {
	blob.Store
	read *atomic.Int64
}

func (s weighed) Open(ctx context.Context, d spec.Digest) (io.ReadSeekCloser, int64, error) {
	f, size, err := s.Store.Open(ctx, d)
	return weighedFile{f, s.read}, size, err
}

type weighedFile struct {
	io.ReadSeekCloser
	read *atomic.Int64
}

func (f weighedFile) Read(b []byte) (int, error) {
	n, err := f.ReadSeekCloser.Read(b)
	f.read.Add(int64(n))
	return n, err
}

// TestManifestIsMadeOnce: a request for a manifest makes the server hash the whole model. Many
// requests, also from clients that do not wait for the answer, make it do so only once.
func TestManifestIsMadeOnce(t *testing.T) {
	model := blobtest.Bytes(1, 4*blob.ChunkSize+1)
	var read atomic.Int64
	h := &blob.Server{
		Chain: chain, Node: server, Store: weighed{holding(t, model, blobtest.ModelRef(1)), &read},
		Policy: rules{}, Keys: rules{}, Now: atNoon,
	}
	target := "/v1/models/" + spec.DigestOf(model).String() + "?manifest"
	const strangers = 20
	for range strangers { // without the defence
		f, _, err := h.Store.Open(t.Context(), spec.DigestOf(model))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := blob.ManifestOf(f); err != nil {
			t.Fatal(err)
		}
	}
	if got := read.Swap(0); got != strangers*int64(len(model)) {
		t.Fatalf("without the defence %d bytes are read", got)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, http.MethodGet, target, nil))
	var together sync.WaitGroup
	var first sync.Map
	for range strangers {
		together.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
			first.Store(w.Body.String(), w.Code)
		})
	}
	together.Wait()
	answers := 0
	first.Range(func(_, code any) bool { answers++; return code == http.StatusOK })
	if got := read.Load(); got != int64(len(model)) || answers != 1 {
		t.Errorf("%d requests read %d bytes of a blob of %d, with %d different answers", strangers, got, len(model), answers)
	}
}

// TestRottenManifestIsNotRemembered: a blob was damaged on the disk and then downloaded again. It
// is served with the manifest of its right bytes.
func TestRottenManifestIsNotRemembered(t *testing.T) {
	b := blobtest.Bytes(1, blob.ChunkSize+1)
	wrong := bytes.Clone(b)
	wrong[0] ^= 1
	held := holding(t, b, blobtest.ModelRef(1))
	if _, _, err := blob.Put(t.Context(), held, bytes.NewReader(wrong), most); err != nil {
		t.Fatal(err)
	}
	sick := &healing{rotten: rotten{held, spec.DigestOf(b), spec.DigestOf(wrong)}}
	peer := []blob.Peer{serve(t, server, sick, nil)}
	if _, err := clientOf(0).FetchModel(t.Context(), peer, spec.DigestOf(b), most, inMemory(t)); !errors.Is(err, blob.ErrMismatch) {
		t.Fatalf("rotten: %v", err)
	}
	sick.healthy.Store(true)
	if _, err := clientOf(0).FetchModel(t.Context(), peer, spec.DigestOf(b), most, inMemory(t)); err != nil {
		t.Errorf("downloaded again: %v", err)
	}
}

// healing is a store whose blob is damaged until healthy is set.
type healing struct {
	rotten
	healthy atomic.Bool
}

func (h *healing) Open(ctx context.Context, d spec.Digest) (io.ReadSeekCloser, int64, error) {
	if h.healthy.Load() {
		return h.Memory.Open(ctx, d)
	}
	return h.rotten.Open(ctx, d)
}

// unlisted is a store that counts the labels which it copies for lists.
type unlisted struct {
	blob.Store
	copied *atomic.Int64
}

func (s unlisted) Labels(ctx context.Context) ([]blob.Label, error) {
	labels, err := s.Store.Labels(ctx)
	s.copied.Add(int64(len(labels)))
	return labels, err
}

func (s unlisted) UpdatesOf(ctx context.Context, r blob.Ref) ([]blob.Label, error) {
	labels, err := s.Store.UpdatesOf(ctx, r)
	s.copied.Add(int64(len(labels)))
	return labels, err
}

// TestListCostsItsRound: the cost of listing a round's updates depends on this round, not on all
// updates in the store.
func TestListCostsItsRound(t *testing.T) {
	b := []byte("update")
	var refs []blob.Ref
	for round := range uint64(100) {
		ref := blobtest.UpdateRef(trainer)
		ref.Slot.Round = round + 1
		refs = append(refs, ref)
	}
	var copied atomic.Int64
	s := unlisted{holding(t, b, refs...), &copied}
	if _, err := s.Labels(t.Context()); err != nil || copied.Swap(0) != 100 {
		t.Fatalf("without the defence %d labels are copied, %v", copied.Load(), err)
	}
	list, err := clientOf(evaluator).Updates(t.Context(), serve(t, server, s, nil), 1, 7)
	if err != nil || len(list) != 1 || copied.Load() != 1 {
		t.Errorf("a list of %d updates copies %d labels, %v", len(list), copied.Load(), err)
	}
}
