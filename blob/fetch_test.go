package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// spoiled passes the bodies of blobs, but not manifests, through a writer that spoils them.
func spoiled(through func(http.ResponseWriter, *http.Request) http.ResponseWriter) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				w = through(w, r)
			}
			h.ServeHTTP(w, r)
		})
	}
}

// cutter closes the connection after some bytes of a body.
type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		c.ResponseWriter.Write(b[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}

// flipper flips one bit of a body.
type flipper struct {
	http.ResponseWriter
	at, seen int
}

func (f *flipper) Write(b []byte) (int, error) {
	if i := f.at - f.seen; 0 <= i && i < len(b) {
		b = bytes.Clone(b)
		b[i] ^= 1
	}
	f.seen += len(b)
	return f.ResponseWriter.Write(b)
}

// asked records the byte ranges that are requested from a server.
type asked struct {
	mu     sync.Mutex
	ranges []string
}

func (a *asked) note(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ranges = append(a.ranges, r.Header.Get("Range"))
	return w
}

func TestFetchBetweenAllStores(t *testing.T) {
	stores := map[string]func(*testing.T) blob.Store{"dir": inDir, "memory": inMemory}
	for fromName, from := range stores {
		for intoName, into := range stores {
			t.Run(fromName+" to "+intoName, func(t *testing.T) {
				for _, size := range []int{0, 1, blob.ChunkSize, 2*blob.ChunkSize + 5} {
					b := blobtest.Bytes(1, size)
					slot := blobtest.UpdateRef(trainer)
					held, kept := from(t), into(t)
					peers := []blob.Peer{serve(t, server, held, nil)}
					entry, commitment := opening(slot, b)
					if _, err := clientOf(trainer).PutUpdate(t.Context(), peers[0], slot, entry, reading(b)); err != nil {
						t.Fatal(err)
					}
					for range 2 { // the second fetch finds the blob in the store
						got, err := clientOf(evaluator).FetchUpdate(t.Context(), peers, slot, commitment, most, kept)
						if err != nil || got != entry {
							t.Fatalf("fetch: %+v, %v; want %+v", got, err, entry)
						}
						peers = nil
					}
					wantHolds(t, kept, b)
					if got, err := kept.Lookup(t.Context(), slot); err != nil || got != entry {
						t.Fatalf("label: %+v, %v", got, err)
					}
				}
			})
		}
	}
}

// TestFetchResumes: every connection breaks after a chunk and a half. The download continues after
// the last complete chunk.
func TestFetchResumes(t *testing.T) {
	b := blobtest.Bytes(1, 4*blob.ChunkSize+100)
	var a asked
	peer := serve(t, server, holding(t, b, blobtest.ModelRef(1)), spoiled(func(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
		return &cutter{a.note(w, r), blob.ChunkSize * 3 / 2}
	}))
	into := inDir(t)
	size, err := clientOf(0).FetchModel(t.Context(), []blob.Peer{peer}, spec.DigestOf(b), int64(len(b)), into)
	if err != nil || size != int64(len(b)) {
		t.Fatal(size, err)
	}
	wantHolds(t, into, b)
	want := "bytes=0-,bytes=262144-,bytes=524288-,bytes=786432-"
	if got := strings.Join(a.ranges, ","); got != want+",bytes=1048576-" && got != want {
		t.Errorf("asked for %s, want each chunk once", got)
	}
}

// TestFetchResumesLater: a second call continues the download of the first one, from another peer
// and in a store that was opened again.
func TestFetchResumesLater(t *testing.T) {
	b := blobtest.Bytes(1, 3*blob.ChunkSize)
	held := holding(t, b, blobtest.ModelRef(1))
	first := true
	cuts := serve(t, server, held, spoiled(func(w http.ResponseWriter, _ *http.Request) http.ResponseWriter {
		c := &cutter{w, 0}
		if first {
			c.left = 2 * blob.ChunkSize
		}
		first = false
		return c
	}))
	root := t.TempDir()
	_, err := clientOf(0).FetchModel(t.Context(), []blob.Peer{cuts}, spec.DigestOf(b), most, openDir(t, root))
	if err == nil || errors.Is(err, blob.ErrNotFound) {
		t.Fatalf("a peer that always breaks off: %v", err)
	}
	var a asked
	good := serve(t, otherServer, held, spoiled(a.note))
	into := openDir(t, root)
	wantNothing(t, into)
	if _, err := clientOf(0).FetchModel(t.Context(), []blob.Peer{good}, spec.DigestOf(b), most, into); err != nil {
		t.Fatal(err)
	}
	wantHolds(t, into, b)
	if len(a.ranges) != 1 || a.ranges[0] != "bytes=524288-" {
		t.Errorf("the second peer received requests for %v", a.ranges)
	}
}

// TestFetchNamesBadChunk: a bit is flipped on the way. The error names the chunk, the chunk is not
// kept, and the next peer is asked for the rest.
func TestFetchNamesBadChunk(t *testing.T) {
	b := blobtest.Bytes(1, 3*blob.ChunkSize)
	held := holding(t, b, blobtest.ModelRef(1))
	bad := serve(t, server, held, spoiled(func(w http.ResponseWriter, _ *http.Request) http.ResponseWriter {
		return &flipper{ResponseWriter: w, at: blob.ChunkSize + 17}
	}))
	into := inDir(t)
	_, err := clientOf(0).FetchModel(t.Context(), []blob.Peer{bad}, spec.DigestOf(b), most, into)
	if !errors.Is(err, blob.ErrMismatch) || !strings.Contains(err.Error(), "chunk 1 of 3") {
		t.Fatalf("flipped bit: %v", err)
	}
	wantNothing(t, into)
	var a asked
	good := serve(t, otherServer, held, spoiled(a.note))
	into = inDir(t)
	if _, err := clientOf(0).FetchModel(t.Context(), []blob.Peer{bad, good}, spec.DigestOf(b), most, into); err != nil {
		t.Fatal(err)
	}
	wantHolds(t, into, b)
	if len(a.ranges) != 1 || a.ranges[0] != "bytes=262144-" {
		t.Errorf("the second peer received requests for %v", a.ranges)
	}
}

// rotten serves other bytes than requested, with a manifest that fits them.
type rotten struct {
	*blob.Memory
	right, wrong spec.Digest
}

func (r rotten) Open(ctx context.Context, d spec.Digest) (io.ReadSeekCloser, int64, error) {
	if d == r.right {
		d = r.wrong
	}
	return r.Memory.Open(ctx, d)
}

// TestFetchFromLiars: a peer serves wrong bytes with a manifest that fits them, before and after an
// honest peer that breaks off. Only right bytes are stored.
func TestFetchFromLiars(t *testing.T) {
	b := blobtest.Bytes(1, 3*blob.ChunkSize)
	wrong := bytes.Clone(b)
	wrong[2*blob.ChunkSize] ^= 1
	held := holding(t, b, blobtest.ModelRef(1))
	if _, _, err := blob.Put(t.Context(), held, bytes.NewReader(wrong), most); err != nil {
		t.Fatal(err)
	}
	liar := serve(t, server, rotten{held, spec.DigestOf(b), spec.DigestOf(wrong)}, nil)
	honest := serve(t, otherServer, held, nil)
	into := inDir(t)
	_, err := clientOf(0).FetchModel(t.Context(), []blob.Peer{liar}, spec.DigestOf(b), most, into)
	if !errors.Is(err, blob.ErrMismatch) {
		t.Fatalf("wrong bytes: %v", err)
	}
	wantNothing(t, into)
	if _, err := clientOf(0).FetchModel(t.Context(), []blob.Peer{liar, honest}, spec.DigestOf(b), most, into); err != nil {
		t.Fatal(err)
	}
	wantHolds(t, into, b)
}

// TestFetchUpdateChecksOpening: an update or a salt that does not open the commitment on the chain
// is refused, although its bytes fit its digest.
func TestFetchUpdateChecksOpening(t *testing.T) {
	slot := blobtest.UpdateRef(trainer)
	right, wrong := blobtest.Bytes(1, 10), blobtest.Bytes(2, 10)
	entry, commitment := opening(slot, right)
	liar := serve(t, server, holding(t, wrong, slot), nil)
	honest := serve(t, otherServer, holding(t, right, slot), nil)
	into := inDir(t)
	c := clientOf(evaluator)
	if _, err := c.FetchUpdate(t.Context(), []blob.Peer{liar}, slot, commitment, 10, into); !errors.Is(err, blob.ErrOpening) {
		t.Fatalf("another update: %v", err)
	}
	wantNothing(t, into)
	got, err := c.FetchUpdate(t.Context(), []blob.Peer{liar, honest}, slot, commitment, 10, into)
	if err != nil || got != entry {
		t.Fatal(got, err)
	}
	if _, err := c.FetchUpdate(t.Context(), nil, slot, spec.Digest{1}, 10, into); !errors.Is(err, blob.ErrOpening) {
		t.Fatalf("held, but of another commitment: %v", err)
	}
}

func TestFetchRefusals(t *testing.T) {
	b := blobtest.Bytes(1, blob.ChunkSize)
	d := spec.DigestOf(b)
	held := serve(t, server, holding(t, b, blobtest.ModelRef(1)), nil)
	empty := serve(t, otherServer, blob.NewMemory(), nil)
	gone := blob.Peer{Node: 12, Endpoint: "http://127.0.0.1:1"}
	answers := func(code int, body string) blob.Peer {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", held.Endpoint+"v1/models/"+d.String()+"?manifest")
			w.WriteHeader(code)
			io.WriteString(w, body)
		}))
		t.Cleanup(web.Close)
		return blob.Peer{Node: server, Endpoint: web.URL}
	}
	for _, test := range []struct {
		name  string
		peers []blob.Peer
		limit int64
		want  error // nil: any
	}{
		{"no peers", nil, most, blob.ErrNotFound},
		{"nobody has it", []blob.Peer{empty, empty}, most, blob.ErrNotFound},
		{"one byte too many", []blob.Peer{held}, blob.ChunkSize - 1, blob.ErrTooLarge},
		{"nobody listens", []blob.Peer{empty, gone}, most, nil},
		{"redirect", []blob.Peer{answers(http.StatusFound, "")}, most, nil},
		{"no JSON", []blob.Peer{answers(http.StatusOK, "hello")}, most, blob.ErrMalformed},
		{"manifest with too few chunks", []blob.Peer{answers(http.StatusOK, `{"size":1,"chunks":[]}`)}, most, blob.ErrMalformed},
		{"manifest of negative size", []blob.Peer{answers(http.StatusOK, `{"size":-1,"chunks":[]}`)}, most, blob.ErrMalformed},
		{"endless manifest", []blob.Peer{answers(http.StatusOK, strings.Repeat(" ", 1<<20))}, most, blob.ErrTooLarge},
		{"bad address", []blob.Peer{{Node: 1, Endpoint: "::"}}, most, nil},
	} {
		into := inDir(t)
		_, err := clientOf(0).FetchModel(t.Context(), test.peers, d, test.limit, into)
		if err == nil || (test.want != nil && !errors.Is(err, test.want)) || (test.want == nil && errors.Is(err, blob.ErrNotFound)) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
		wantNothing(t, into)
	}
	if _, err := clientOf(0).FetchModel(t.Context(), []blob.Peer{gone, empty, held}, d, most, inDir(t)); err != nil {
		t.Errorf("the last peer has it: %v", err)
	}
}

// TestFetchLeavesStalledPeer: when a peer stops sending, the download continues from the next one.
func TestFetchLeavesStalledPeer(t *testing.T) {
	b := blobtest.Bytes(1, 2*blob.ChunkSize)
	held := holding(t, b, blobtest.ModelRef(1))
	stalls := serve(t, server, held, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery == "" {
				<-r.Context().Done()
				return
			}
			h.ServeHTTP(w, r)
		})
	})
	c := clientOf(0)
	c.ChunkTimeout = 50 * time.Millisecond
	if _, err := c.FetchModel(t.Context(), []blob.Peer{stalls}, spec.DigestOf(b), most, inDir(t)); !errors.Is(err, blob.ErrStalled) {
		t.Fatalf("a peer that stops sending: %v", err)
	}
	c.ChunkTimeout = time.Second
	into := inDir(t)
	if _, err := c.FetchModel(t.Context(), []blob.Peer{stalls, serve(t, otherServer, held, nil)}, spec.DigestOf(b), most, into); err != nil {
		t.Fatal(err)
	}
	wantHolds(t, into, b)
}

// TestFetchTogether: many concurrent downloads of one model leave one blob in the store.
func TestFetchTogether(t *testing.T) {
	b := blobtest.Bytes(1, 3*blob.ChunkSize)
	peer := serve(t, server, holding(t, b, blobtest.ModelRef(1)), nil)
	into := inDir(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := clientOf(0).FetchModel(t.Context(), []blob.Peer{peer}, spec.DigestOf(b), most, into); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	wantHolds(t, into, b)
}

func TestFetchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	peer := serve(t, server, blob.NewMemory(), nil)
	if _, err := clientOf(0).FetchModel(ctx, []blob.Peer{peer}, spec.Digest{1}, most, inDir(t)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}
