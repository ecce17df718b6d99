package blob_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// The nodes of the tests. All but the unregistered one have keys.
const (
	trainer      = 1
	otherTrainer = 2
	evaluator    = 3
	bystander    = 4
	server       = 10
	otherServer  = 11
	unregistered = 99

	chain   = "test-1"
	most    = 3 * blob.ChunkSize // bytes of an update
	noon    = 1_700_000_000      // the time on all clocks
	garbage = "NaN"              // the policy refuses updates that begin with it
)

// rules is a policy and a registry of keys. Trainers of round 1 may upload, members may download
// updates, and everybody may download models.
type rules struct{}

func (rules) MayPut(_ context.Context, c blob.Caller, r blob.Ref, e blob.Entry) error {
	switch {
	case r.Slot.Task != 1 || r.Slot.Round != 1 || r.Slot.Node > otherTrainer:
		return fmt.Errorf("%w: %s is no slot of an open round", blob.ErrForbidden, r)
	case c.Node != r.Slot.Node:
		return fmt.Errorf("%w: node %d may not put %s", blob.ErrForbidden, c.Node, r)
	case e.Size > most:
		return fmt.Errorf("%w: %d bytes", blob.ErrTooLarge, e.Size)
	}
	return nil
}

func (rules) ChainOf(context.Context, uint64) (string, error) { return chain, nil }

func (rules) CheckUpdate(_ context.Context, _ blob.Ref, _ blob.Entry, body io.Reader) error {
	b, err := io.ReadAll(body)
	if err == nil && bytes.HasPrefix(b, []byte(garbage)) {
		err = fmt.Errorf("value 0 is not a number")
	}
	return err
}

func (rules) Receipt(context.Context, blob.Ref, blob.Entry) (spec.Receipt, error) {
	return spec.Receipt{Aggregator: 1, Signature: spec.Signature{1}}, nil
}

func (rules) MayGetUpdate(_ context.Context, c blob.Caller, r blob.Ref) error {
	if c.Stranger() || c.Node == bystander {
		return fmt.Errorf("%w: node %d may not get %s", blob.ErrForbidden, c.Node, r)
	}
	return nil
}

func (rules) MayGetModel(context.Context, blob.Caller, blob.Ref) error { return nil }

func (rules) KeyOf(_ context.Context, node uint64) (ed25519.PublicKey, error) {
	if node == unregistered {
		return nil, blob.ErrNotFound
	}
	return keyOf(node).Public().(ed25519.PublicKey), nil
}

func keyOf(node uint64) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(blobtest.Bytes(byte(node), ed25519.SeedSize))
}

func atNoon() time.Time { return time.Unix(noon, 0) }

// serve starts a node's server on a store. Wrap, unless it is nil, spoils the answers.
func serve(t *testing.T, node uint64, s blob.Store, wrap func(http.Handler) http.Handler) blob.Peer {
	t.Helper()
	var h http.Handler = &blob.Server{
		Chain: chain, Node: node, Store: s, Policy: rules{}, Keys: rules{}, Now: atNoon,
		Failed: func(r *http.Request, err error) { t.Errorf("%s %s: %v", r.Method, r.URL, err) },
	}
	if wrap != nil {
		h = wrap(h)
	}
	web := httptest.NewUnstartedServer(nil)
	web.Config = blob.NewHTTPServer(h)
	web.Start()
	t.Cleanup(web.Close)
	return blob.Peer{Node: node, Endpoint: web.URL + "/"}
}

// clientOf returns a client that waits for the server's permission before it uploads.
func clientOf(node uint64) blob.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ExpectContinueTimeout = time.Minute
	return blob.Client{Chain: chain, Node: node, Key: keyOf(node), Now: atNoon, HTTP: &http.Client{Transport: transport}}
}

// opening returns the entry of an update and its commitment on the chain.
func opening(r blob.Ref, b []byte) (blob.Entry, spec.Digest) {
	e := blobtest.LabelOf(r, b).Entry
	return e, spec.UpdateCommitment(r.Slot, e.Digest, e.Salt)
}

func reading(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// holding returns a store with the bytes under each of the refs.
func holding(t *testing.T, b []byte, refs ...blob.Ref) *blob.Memory {
	t.Helper()
	s := blob.NewMemory()
	if _, _, err := blob.Put(t.Context(), s, bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
	for _, r := range refs {
		if err := s.Label(t.Context(), blobtest.LabelOf(r, b)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func wantHolds(t *testing.T, s blob.Store, want []byte) {
	t.Helper()
	f, size, err := s.Open(t.Context(), spec.DigestOf(want))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || size != int64(len(want)) || !bytes.Equal(got, want) {
		t.Fatalf("read %d of %d bytes, want %d equal ones: %v", len(got), size, len(want), err)
	}
}

func wantNothing(t *testing.T, s blob.Store) {
	t.Helper()
	names, err := s.List(t.Context())
	labels, err2 := s.Labels(t.Context())
	if err != nil || err2 != nil || len(names)+len(labels) != 0 {
		t.Fatalf("store holds %v and %v, %v, %v; want nothing", names, labels, err, err2)
	}
}
