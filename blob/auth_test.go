package blob_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

var errDisk = errors.New("disk is on fire")

type failingKeys struct{}

func (failingKeys) KeyOf(context.Context, uint64) (ed25519.PublicKey, error) { return nil, errDisk }

// signed returns a request of the trainer to the server. The test signs it itself, by the
// documentation of RequestStatement.
func signed(t *testing.T, method string, r blob.Ref, e blob.Entry) *http.Request {
	t.Helper()
	target := "/v1/" + r.Path()
	req := httptest.NewRequest(method, target, nil)
	req.Header.Set(blob.HeaderDigest, e.Digest.String())
	req.Header.Set(blob.HeaderSalt, spec.Digest(e.Salt).String())
	s := blob.RequestStatement(chain, server, trainer, method, target, e.Digest.String(), spec.Digest(e.Salt).String(), noon)
	req.Header.Set(blob.HeaderNode, strconv.Itoa(trainer))
	req.Header.Set(blob.HeaderTime, strconv.Itoa(noon))
	req.Header.Set(blob.HeaderSignature, hex.EncodeToString(ed25519.Sign(keyOf(trainer), s[:])))
	return req
}

// TestAttack29ReplayAcrossRoundsTasksChains: an attacker sends a valid request of another node to
// another server, chain, task or round. Every part of the place is signed, so it is refused.
func TestAttack29ReplayAcrossRoundsTasksChains(t *testing.T) {
	slot := blobtest.UpdateRef(trainer)
	entry, _ := opening(slot, nil)
	for _, test := range []struct {
		name  string
		chain string
		node  uint64
		move  func(*http.Request)
		want  int
	}{
		{"as it is", chain, server, func(*http.Request) {}, http.StatusCreated},
		{"chain", "test-2", server, func(*http.Request) {}, http.StatusUnauthorized},
		{"server", chain, otherServer, func(*http.Request) {}, http.StatusUnauthorized},
		{"task", chain, server, func(r *http.Request) { r.URL.Path = "/v1/tasks/2/rounds/1/updates/1" }, http.StatusUnauthorized},
		{"round", chain, server, func(r *http.Request) { r.URL.Path = "/v1/tasks/1/rounds/2/updates/1" }, http.StatusUnauthorized},
		{"slot", chain, server, func(r *http.Request) { r.URL.Path = "/v1/tasks/1/rounds/1/updates/2" }, http.StatusUnauthorized},
		{"method", chain, server, func(r *http.Request) { r.Method = "GET" }, http.StatusUnauthorized},
		{"query", chain, server, func(r *http.Request) { r.URL.RawQuery = "manifest" }, http.StatusUnauthorized},
		{"digest", chain, server, func(r *http.Request) { r.Header.Set(blob.HeaderDigest, spec.Digest{1}.String()) }, http.StatusUnauthorized},
		{"salt", chain, server, func(r *http.Request) { r.Header.Set(blob.HeaderSalt, spec.Digest{2}.String()) }, http.StatusUnauthorized},
		{"time", chain, server, func(r *http.Request) { r.Header.Set(blob.HeaderTime, strconv.Itoa(noon+1)) }, http.StatusUnauthorized},
		{"caller", chain, server, func(r *http.Request) { r.Header.Set(blob.HeaderNode, strconv.Itoa(otherTrainer)) }, http.StatusUnauthorized},
		{"no signature", chain, server, func(r *http.Request) { r.Header.Del(blob.HeaderSignature) }, http.StatusUnauthorized},
		{"stranger", chain, server, func(r *http.Request) {
			r.Header.Del(blob.HeaderSignature)
			r.Header.Del(blob.HeaderNode)
			r.Header.Del(blob.HeaderTime)
		}, http.StatusForbidden},
	} {
		s := blob.NewMemory()
		h := &blob.Server{Chain: test.chain, Node: test.node, Store: s, Policy: rules{}, Keys: rules{}, Now: atNoon}
		r := signed(t, "PUT", slot, entry)
		test.move(r)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s: %d %s, want %d", test.name, w.Code, w.Body, test.want)
		}
		if test.want != http.StatusCreated {
			wantNothing(t, s)
		}
	}
}

// TestMountedServer: the part of the path above /v1 is not signed, so a server
// may be mounted anywhere.
func TestMountedServer(t *testing.T) {
	s := blob.NewMemory()
	mount := func(h http.Handler) http.Handler { return http.StripPrefix("/below", h) }
	peer := serve(t, server, s, mount)
	peer.Endpoint += "below"
	entry, _ := opening(blobtest.UpdateRef(trainer), []byte("x"))
	if _, err := clientOf(trainer).PutUpdate(t.Context(), peer, blobtest.UpdateRef(trainer), entry, reading([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	wantHolds(t, s, []byte("x"))
}
