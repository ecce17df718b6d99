package blob_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/spec"
)

// deserted is a network of nodes that serve nothing. It records the order in which they were
// asked.
type deserted struct {
	mu    sync.Mutex
	order []string
	url   string
}

func (a *deserted) of(self uint64) blob.Network {
	return blob.Network{Client: blob.Client{Chain: chain}, Self: self, Peer: func(_ context.Context, node uint64) (blob.Peer, error) {
		switch node {
		case 98:
			return blob.Peer{Node: node}, nil // it trains only, so it has no endpoint
		case 99:
			return blob.Peer{}, blob.ErrNotFound
		case 100:
			return blob.Peer{}, spec.ErrCommunication
		}
		return blob.Peer{Node: node, Endpoint: a.url + "/node-" + string(rune('0'+node))}, nil
	}}
}

func serveNothing(t *testing.T) *deserted {
	t.Helper()
	a := &deserted{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/node-"), "/")
		a.order = append(a.order, name)
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// TestListsBeginElsewhere: nodes ask their peers in different orders, and never themselves.
func TestListsBeginElsewhere(t *testing.T) {
	a := serveNothing(t)
	first := map[string]bool{}
	for self := range uint64(8) {
		a.order = nil
		err := a.of(self).FetchModel(t.Context(), []uint64{1, 2, 3, 4, 98, 99}, spec.DigestOf(nil), 1, blob.NewMemory())
		if !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("node %d: %v", self, err)
		}
		want := []string{"1", "2", "3", "4"}
		if 0 < self && self < 5 {
			want = slices.Delete(want, int(self-1), int(self))
		}
		if got := slices.Sorted(slices.Values(a.order)); !slices.Equal(got, want) {
			t.Errorf("node %d asks %v, want %v", self, got, want)
		}
		first[a.order[0]] = true
	}
	if len(first) != 4 {
		t.Errorf("they begin with %v, want 4 different nodes", first)
	}
}

// TestFailedLookupIsInTheError: a peer whose address could not be looked up may have the blob that
// all others lack. The error says so.
func TestFailedLookupIsInTheError(t *testing.T) {
	n := serveNothing(t).of(0)
	err := n.FetchModel(t.Context(), []uint64{1, 100}, spec.DigestOf(nil), 1, blob.NewMemory())
	if !errors.Is(err, blob.ErrNotFound) || !errors.Is(err, spec.ErrCommunication) || !strings.Contains(err.Error(), "node 100 was not looked up") {
		t.Errorf("got %v", err)
	}
	ref := blob.Ref{Kind: blob.Update, Slot: spec.Slot{Chain: chain, Task: 1, Round: 1, Node: 5}}
	for node, want := range map[uint64]error{98: blob.ErrNotFound, 99: blob.ErrNotFound, 100: spec.ErrCommunication} {
		if _, err := n.PutUpdate(t.Context(), node, ref, blob.Entry{}, nil); !errors.Is(err, want) {
			t.Errorf("node %d: got %v, want %v", node, err, want)
		}
	}
}

// TestSlowPeerGetsASecondChance: a peer that stops sending is asked again, with a longer timeout, if
// no other peer has the blob.
func TestSlowPeerGetsASecondChance(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the short timeout")
	}
	tries := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries == 1 {
			<-r.Context().Done()
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	n := blob.Network{Client: blob.Client{Chain: chain, ChunkTimeout: time.Minute}, Peer: func(context.Context, uint64) (blob.Peer, error) {
		return blob.Peer{Node: 1, Endpoint: server.URL}, nil
	}}
	err := n.FetchModel(t.Context(), []uint64{1}, spec.DigestOf(nil), 1, blob.NewMemory())
	if !errors.Is(err, blob.ErrNotFound) || tries != 2 {
		t.Errorf("asked %d times: %v", tries, err)
	}
}
