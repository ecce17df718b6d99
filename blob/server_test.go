package blob_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// TestPutAccess tries all kinds of uploads: which are accepted and which are refused. A refused one
// changes nothing.
func TestPutAccess(t *testing.T) {
	update := blobtest.Bytes(1, blob.ChunkSize+1)
	slot := blobtest.UpdateRef(trainer)
	round2 := slot
	round2.Slot.Round = 2
	late := clientOf(trainer)
	late.Now = func() time.Time { return atNoon().Add(-blob.Window - time.Second) }
	early := clientOf(trainer)
	early.Now = func() time.Time { return atNoon().Add(blob.Window + time.Second) }
	forger := clientOf(trainer)
	forger.Key = keyOf(bystander)
	for _, test := range []struct {
		name   string
		client blob.Client
		slot   blob.Ref
		says   []byte // bytes that the digest names
		sends  []byte
		want   error
	}{
		{"trainer to its slot", clientOf(trainer), slot, update, update, nil},
		{"nothing at all", clientOf(trainer), slot, nil, nil, nil},
		{"trainer to another's slot", clientOf(trainer), blobtest.UpdateRef(otherTrainer), update, update, blob.ErrForbidden},
		{"trainer to another round", clientOf(trainer), round2, update, update, blob.ErrForbidden},
		{"not selected", clientOf(bystander), blobtest.UpdateRef(bystander), update, update, blob.ErrForbidden},
		{"stranger", clientOf(0), slot, update, update, blob.ErrForbidden},
		{"unregistered", clientOf(unregistered), slot, update, update, blob.ErrUnauthenticated},
		{"wrong key", forger, slot, update, update, blob.ErrUnauthenticated},
		{"expired", late, slot, update, update, blob.ErrUnauthenticated},
		{"from the future", early, slot, update, update, blob.ErrUnauthenticated},
		{"oversized", clientOf(trainer), slot, blobtest.Bytes(1, most+1), blobtest.Bytes(1, most+1), blob.ErrTooLarge},
		{"other bytes", clientOf(trainer), slot, update, blobtest.Bytes(2, len(update)), blob.ErrMismatch},
		{"not a number", clientOf(trainer), slot, []byte(garbage), []byte(garbage), blob.ErrContent},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := inDir(t)
			peer := serve(t, server, s, nil)
			entry, _ := opening(test.slot, test.says)
			body := bytes.NewReader(test.sends)
			open := func() (io.ReadCloser, error) { return io.NopCloser(body), nil }
			_, err := test.client.PutUpdate(t.Context(), peer, test.slot, entry, open)
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			aboutBytes := test.want == nil || errors.Is(test.want, blob.ErrMismatch) || errors.Is(test.want, blob.ErrContent)
			if sent := len(test.sends) - body.Len(); !aboutBytes && sent > 0 {
				t.Errorf("%d bytes were sent before a refusal that does not depend on them", sent)
			}
			if test.want != nil {
				wantNothing(t, s)
				return
			}
			wantHolds(t, s, test.sends)
			if got, err := s.Lookup(t.Context(), test.slot); err != nil || got != entry {
				t.Fatalf("label %+v, %v", got, err)
			}
		})
	}
}

func TestPutTwice(t *testing.T) {
	s := inDir(t)
	peer := serve(t, server, s, nil)
	slot, first, second := blobtest.UpdateRef(trainer), blobtest.Bytes(1, 2*blob.ChunkSize), blobtest.Bytes(2, 2*blob.ChunkSize)
	put := func(b []byte, salt spec.Salt) error {
		entry, _ := opening(slot, b)
		entry.Salt = salt
		_, err := clientOf(trainer).PutUpdate(t.Context(), peer, slot, entry, reading(b))
		return err
	}
	for range 2 {
		if err := put(first, spec.Salt{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := put(second, spec.Salt{}); !errors.Is(err, blob.ErrConflict) {
		t.Fatalf("another update: %v", err)
	}
	if err := put(first, spec.Salt{1}); !errors.Is(err, blob.ErrConflict) {
		t.Fatalf("another salt: %v", err)
	}
	if names, err := s.List(t.Context()); err != nil || len(names) != 1 {
		t.Fatalf("blobs %v, %v", names, err)
	}
	wantHolds(t, s, first)
}

// TestPutRace: of two different updates for one slot at the same time, exactly one is kept.
func TestPutRace(t *testing.T) {
	s := inDir(t)
	peer := serve(t, server, s, nil)
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() {
			b := blobtest.Bytes(byte(i), blob.ChunkSize)
			entry, _ := opening(blobtest.UpdateRef(trainer), b)
			_, errs[i] = clientOf(trainer).PutUpdate(t.Context(), peer, blobtest.UpdateRef(trainer), entry, reading(b))
		})
	}
	wg.Wait()
	won := 0
	if errs[0] != nil {
		won = 1
	}
	if errs[won] != nil || !errors.Is(errs[1-won], blob.ErrConflict) {
		t.Fatalf("got %v, want one conflict", errs)
	}
	wantHolds(t, s, blobtest.Bytes(byte(won), blob.ChunkSize))
}

// TestGetAccess tries all kinds of downloads: which are served and which are refused.
func TestGetAccess(t *testing.T) {
	update, model := blobtest.Bytes(1, 10), blobtest.Bytes(2, 10)
	s := holding(t, update, blobtest.UpdateRef(trainer))
	if _, _, err := blob.Put(t.Context(), s, bytes.NewReader(model), 10); err != nil {
		t.Fatal(err)
	}
	if err := s.Label(t.Context(), blobtest.LabelOf(blobtest.ModelRef(1), model)); err != nil {
		t.Fatal(err)
	}
	unlabelled, _, err := blob.Put(t.Context(), s, strings.NewReader("loose"), 10)
	if err != nil {
		t.Fatal(err)
	}
	peers := []blob.Peer{serve(t, server, s, nil)}
	_, commitment := opening(blobtest.UpdateRef(trainer), update)
	for _, test := range []struct {
		node                         uint64
		update, list, model, spy, no error
	}{
		{node: trainer},
		{node: evaluator},
		{node: bystander, update: blob.ErrForbidden, list: blob.ErrForbidden},
		{node: 0, update: blob.ErrForbidden, list: blob.ErrForbidden},
		{
			node: unregistered, update: blob.ErrUnauthenticated, list: blob.ErrUnauthenticated,
			model: blob.ErrUnauthenticated, spy: blob.ErrUnauthenticated, no: blob.ErrUnauthenticated,
		},
	} {
		t.Run(fmt.Sprint("node", test.node), func(t *testing.T) {
			if test.spy == nil {
				test.spy, test.no = blob.ErrNotFound, blob.ErrNotFound
			}
			c, into := clientOf(test.node), blob.NewMemory()
			_, gotUpdate := c.FetchUpdate(t.Context(), peers, blobtest.UpdateRef(trainer), commitment, 10, into)
			_, gotModel := c.FetchModel(t.Context(), peers, spec.DigestOf(model), 10, blob.NewMemory())
			_, gotSpy := c.FetchModel(t.Context(), peers, spec.DigestOf(update), 10, blob.NewMemory())
			_, gotLoose := c.FetchModel(t.Context(), peers, unlabelled, 10, blob.NewMemory())
			list, gotList := c.Updates(t.Context(), peers[0], 1, 1)
			for _, pair := range [][2]error{
				{gotUpdate, test.update},
				{gotModel, test.model},
				{gotList, test.list},
				{gotSpy, test.spy}, // an update is never served as a model
				{gotLoose, test.no},
			} {
				if !errors.Is(pair[0], pair[1]) {
					t.Errorf("got %v, want %v", pair[0], pair[1])
				}
			}
			if test.list == nil {
				if diff := cmp.Diff([]blob.Label{blobtest.LabelOf(blobtest.UpdateRef(trainer), update)}, list); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	if list, err := clientOf(0).Updates(t.Context(), peers[0], 1, 2); err != nil || len(list) != 0 {
		t.Errorf("a round without updates: %v, %v", list, err)
	}
}

// private is a policy under which a trainer gets only its own update, and an evaluator gets all.
type private struct{ rules }

func (private) MayGetUpdate(_ context.Context, c blob.Caller, r blob.Ref) error {
	if c.Node != r.Slot.Node && c.Node != evaluator {
		return fmt.Errorf("%w: node %d may not get %s", blob.ErrForbidden, c.Node, r)
	}
	return nil
}

// TestListHasOnlyPermittedUpdates: the list of a round's updates has those that the caller may get.
// A caller who may get none is refused.
func TestListHasOnlyPermittedUpdates(t *testing.T) {
	update := blobtest.Bytes(1, 10)
	mine, other := blobtest.LabelOf(blobtest.UpdateRef(trainer), update), blobtest.LabelOf(blobtest.UpdateRef(otherTrainer), update)
	web := httptest.NewServer(&blob.Server{
		Chain: chain, Node: server, Store: holding(t, update, mine.Ref, other.Ref), Policy: private{}, Keys: rules{}, Now: atNoon,
	})
	defer web.Close()
	peer := blob.Peer{Node: server, Endpoint: web.URL}
	for node, want := range map[uint64][]blob.Label{
		trainer: {mine}, otherTrainer: {other}, evaluator: {mine, other}, bystander: nil, 0: nil,
	} {
		got, err := clientOf(node).Updates(t.Context(), peer, 1, 1)
		if refused := errors.Is(err, blob.ErrForbidden); refused != (want == nil) || err != nil && !refused {
			t.Errorf("node %d: %v", node, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("list for node %d (-want +got):\n%s", node, diff)
		}
	}
}

// TestAnswers checks status and body of the answers.
func TestAnswers(t *testing.T) {
	update := []byte("update")
	s := holding(t, update, blobtest.UpdateRef(trainer), blobtest.ModelRef(1))
	h := &blob.Server{Chain: chain, Node: server, Store: s, Policy: rules{}, Keys: rules{}, Now: atNoon}
	name := spec.DigestOf(update).String()
	for _, test := range []struct {
		method, target, bytes string
		code                  int
		want                  string
	}{
		{"GET", "/v1/health", "", 200, `{"chain":"test-1","node":10}`},
		{"GET", "/v1/models/" + name, "", 200, "update"},
		{"GET", "/v1/models/" + name, "bytes=2-3", 206, "da"},
		{"HEAD", "/v1/models/" + name, "", 200, ""},
		{"GET", "/v1/models/" + name + "?manifest", "", 200, `{"size":6,"chunks":["` + name + `"]}`},
		{"GET", "/v1/models/xyz", "", 400, `{"error":"malformed request: digest \"xyz\": want 64 hexadecimal digits"}`},
		{"GET", "/v1/tasks/01/rounds/1/updates/1", "", 400, `{"error":"malformed request: \"tasks/01/rounds/1/updates/1\" is not the path of a blob"}`},
		{"GET", "/v1/tasks/1/rounds/x/updates", "", 400, `{"error":"malformed request: \"tasks/1/rounds/x/model\" is not the path of a blob"}`},
		{"GET", "/v1/tasks/1/rounds/1/updates/1", "", 403, `{"error":"forbidden: node 0 may not get test-1/tasks/1/rounds/1/updates/1"}`},
		{"PUT", "/v1/tasks/1/rounds/1/updates/1", "", 400, `{"error":"malformed request: header Althing-Digest: digest \"\": want 64 hexadecimal digits"}`},
		{"GET", "/v1/rows", "", 404, `{"error":"blob not found: no GET of /v1/rows here"}`},
		{"DELETE", "/v1/models/" + name, "", 404, `{"error":"blob not found: no DELETE of /v1/models/` + name + ` here"}`},
	} {
		r := httptest.NewRequest(test.method, test.target, nil)
		if test.bytes != "" {
			r.Header.Set("Range", test.bytes)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := strings.TrimSpace(w.Body.String()); w.Code != test.code || got != test.want {
			t.Errorf("%s %s: %d %s, want %d %s", test.method, test.target, w.Code, got, test.code, test.want)
		}
	}
}

// TestFailureIsNotShownToCallers: the reason why a store fails is logged for the operator, and not
// sent to the caller.
func TestFailureIsNotShownToCallers(t *testing.T) {
	dir := t.TempDir()
	var failed error
	h := &blob.Server{
		Chain: chain, Node: server, Store: openDir(t, dir), Policy: rules{}, Keys: failingKeys{}, Now: atNoon,
		Failed: func(_ *http.Request, err error) { failed = err },
	}
	web := httptest.NewServer(h)
	defer web.Close()
	_, err := clientOf(trainer).FetchModel(t.Context(), []blob.Peer{{Node: server, Endpoint: web.URL}}, spec.Digest{1}, 9, blob.NewMemory())
	if err == nil || strings.Contains(err.Error(), "disk") || !strings.Contains(err.Error(), "internal error") {
		t.Errorf("the caller received %v", err)
	}
	if !errors.Is(failed, errDisk) {
		t.Errorf("logged for the operator: %v", failed)
	}
}

// TestSlowUpload: the connection of a trainer that stops in the middle of its update is closed, and
// nothing of the update is kept.
func TestSlowUpload(t *testing.T) {
	s := inDir(t)
	web := httptest.NewServer(&blob.Server{
		Chain: chain, Node: server, Store: s, Policy: rules{}, Keys: rules{}, Now: atNoon,
		ChunkTimeout: 100 * time.Millisecond,
	})
	defer web.Close()
	update := blobtest.Bytes(1, blob.ChunkSize)
	entry, _ := opening(blobtest.UpdateRef(trainer), update)
	r := signed(t, "PUT", blobtest.UpdateRef(trainer), entry)
	conn, err := net.Dial("tcp", strings.TrimPrefix(web.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n", r.URL.RequestURI(), len(update))
	if err := r.Header.Write(conn); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "\r\nhalf an update")
	answer, err := io.ReadAll(conn) // ends because the server hangs up
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
		t.Fatalf("answer %q, %v", answer, err)
	}
	wantNothing(t, s)
}

// TestTooManyUploads: concurrent uploads to one slot cannot fill the disk.
func TestTooManyUploads(t *testing.T) {
	s := inDir(t)
	peer := serve(t, server, s, nil)
	update := blobtest.Bytes(1, 100)
	entry, _ := opening(blobtest.UpdateRef(trainer), update)
	put := func(open func() (io.ReadCloser, error)) error {
		_, err := clientOf(trainer).PutUpdate(t.Context(), peer, blobtest.UpdateRef(trainer), entry, open)
		return err
	}
	var held []*io.PipeWriter
	errs := make(chan error)
	for range 2 {
		r, w := io.Pipe()
		held = append(held, w)
		go func() { errs <- put(func() (io.ReadCloser, error) { return r, nil }) }()
		if _, err := w.Write(update[:99]); err != nil { // returns once the server has permitted it
			t.Fatal(err)
		}
	}
	if err := put(reading(update)); !errors.Is(err, blob.ErrBusy) {
		t.Errorf("a third upload: %v", err)
	}
	for _, w := range held {
		if _, err := w.Write(update[99:]); err != nil {
			t.Error(err)
		}
		w.Close()
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	wantHolds(t, s, update)
	if err := put(reading(update)); err != nil {
		t.Errorf("once they are done: %v", err)
	}
}

func TestHealth(t *testing.T) {
	peer := serve(t, server, blob.NewMemory(), nil)
	if err := clientOf(0).Health(t.Context(), peer); err != nil {
		t.Error(err)
	}
	peer.Node = otherServer
	if err := clientOf(0).Health(t.Context(), peer); err == nil {
		t.Error("the server of another node passes the health check")
	}
}

func TestLabelJSON(t *testing.T) {
	want := blobtest.LabelOf(blobtest.UpdateRef(7), []byte("x"))
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got blob.Label
	if err := json.Unmarshal(b, &got); err != nil || got != want {
		t.Fatalf("%s reads back as %+v, %v", b, got, err)
	}
}
