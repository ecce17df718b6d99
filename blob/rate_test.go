package blob_test

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// counted is a registry and a policy that count their queries.
type counted struct {
	rules
	keys, gets atomic.Int64
}

func (c *counted) KeyOf(ctx context.Context, node uint64) (ed25519.PublicKey, error) {
	c.keys.Add(1)
	return c.rules.KeyOf(ctx, node)
}

func (c *counted) MayGetUpdate(ctx context.Context, who blob.Caller, r blob.Ref) error {
	c.gets.Add(1)
	return c.rules.MayGetUpdate(ctx, who, r)
}

// rated is a server with a limit on the rate of requests.
type rated struct {
	counted
	blob.Server
	now time.Time
}

func newRated() *rated {
	s := &rated{now: atNoon()}
	s.Chain, s.Node, s.Store = chain, server, blob.NewMemory()
	s.Policy, s.Keys = &s.counted, &s.counted
	s.Now = func() time.Time { return s.now }
	return s
}

func (s *rated) ask(t *testing.T, node uint64, from string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/"+blobtest.UpdateRef(trainer).Path(), nil)
	r.RemoteAddr = from
	if node != 0 {
		r.Header = signedAt(s.now, node, r.URL.RequestURI())
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// signedAt returns the headers of a GET that a node has signed at a time.
func signedAt(now time.Time, node uint64, target string) http.Header {
	said := blob.RequestStatement(chain, server, node, http.MethodGet, target, "", "", now.Unix())
	h := http.Header{}
	h.Set(blob.HeaderNode, strconv.FormatUint(node, 10))
	h.Set(blob.HeaderTime, strconv.FormatInt(now.Unix(), 10))
	h.Set(blob.HeaderSignature, hex.EncodeToString(ed25519.Sign(keyOf(node), said[:])))
	return h
}

// TestPenalty: without a penalty, a stranger who repeats its request is answered as fast as the
// server can. With a penalty it is answered as often as its burst allows, and then once per
// second.
func TestPenalty(t *testing.T) {
	const asks = 50
	for _, penalty := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := newRated()
			s.Strangers, s.Penalty = blob.Rate{Burst: 10, PerSecond: 1}, penalty
			began := time.Now()
			for range asks {
				s.ask(t, 0, "10.0.0.1:1")
			}
			if took, want := time.Since(began), (asks-10)*penalty; took != want {
				t.Errorf("penalty %s: %d requests take %s of virtual time, want %s", penalty, asks, took, want)
			}
		})
	}
}

// TestStrangerIsRated: each request of a stranger causes a query of the policy, and so of the
// chain. With a limit on the rate, further requests are refused without a query, also those with
// signatures of nodes that do not exist. Recently seen nodes and other addresses are served all
// the time, and the stranger after a pause.
func TestStrangerIsRated(t *testing.T) {
	const asks = 50
	unrated, s := newRated(), newRated()
	s.Strangers = blob.Rate{Burst: 10, PerSecond: 1}
	unrated.Strangers = blob.Rate{Burst: asks, PerSecond: asks}
	for range asks {
		unrated.ask(t, 0, "10.0.0.1:1")
	}
	if got := unrated.gets.Load(); got != asks {
		t.Fatalf("without the limit: got %d queries of the policy", got)
	}
	const here, elsewhere = "10.0.0.1:1", "10.0.0.2:1"
	if code := s.ask(t, evaluator, here).Code; code != http.StatusNotFound {
		t.Fatalf("a node: %d", code)
	}
	s.gets.Store(0)
	for i := range asks {
		answer := s.ask(t, 0, fmt.Sprintf("10.0.0.1:%d", i+1))
		if limited := answer.Code == http.StatusTooManyRequests; limited != (i >= 10) || limited && answer.Header().Get("Retry-After") != "1" {
			t.Fatalf("request %d: %d, retry after %q", i, answer.Code, answer.Header().Get("Retry-After"))
		}
	}
	if got := s.gets.Load(); got != 10 {
		t.Errorf("got %d queries of the policy, want 10", got)
	}
	asked := s.keys.Load()
	for range asks {
		if code := s.ask(t, unregistered, here).Code; code != http.StatusTooManyRequests {
			t.Fatalf("an unknown signature: %d", code)
		}
	}
	if got := s.keys.Load(); got != asked {
		t.Errorf("got %d queries of the registry for nodes that do not exist, want 0", got-asked)
	}
	for from, node := range map[string]uint64{here: evaluator, elsewhere: 0} {
		if code := s.ask(t, node, from).Code; code == http.StatusTooManyRequests {
			t.Errorf("node %d at %s is refused", node, from)
		}
	}
	s.now = s.now.Add(time.Second)
	for _, want := range []int{http.StatusForbidden, http.StatusTooManyRequests} {
		if code := s.ask(t, 0, here).Code; code != want {
			t.Errorf("a second later: %d, want %d", code, want)
		}
	}
}

// TestNodesAreRatedOneByOne: 2048 trainers behind one address are served, each several times at the
// same moment. A node that sends requests without end is refused; the others are not.
func TestNodesAreRatedOneByOne(t *testing.T) {
	s := newRated()
	for node := range uint64(2048) {
		for range 2 {
			if code := s.ask(t, 100+node, "10.0.0.1:1").Code; code == http.StatusTooManyRequests {
				t.Fatalf("node %d is refused", node)
			}
		}
	}
	s.Nodes = blob.Rate{Burst: 5, PerSecond: 1}
	refused := 0
	for range 20 {
		if s.ask(t, evaluator, "10.0.0.1:1").Code == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 15 {
		t.Errorf("a node that asks 20 times is refused %d times, want 15", refused)
	}
	if code := s.ask(t, trainer, "10.0.0.1:1").Code; code == http.StatusTooManyRequests {
		t.Error("another node is refused with it")
	}
}

// TestCallersAreForgotten: an attacker with ever new addresses does not fill the memory.
func TestCallersAreForgotten(t *testing.T) {
	s := newRated()
	s.Strangers = blob.Rate{Burst: 1, PerSecond: 1}
	code := func(i int) int { return s.ask(t, 0, fmt.Sprintf("10.1.%d.%d:1", i>>8, i&255)).Code }
	code(0)
	if got := code(0); got != http.StatusTooManyRequests {
		t.Fatalf("the address should still be known: got status %d", got)
	}
	for i := range 4096 {
		code(1 + i)
	}
	if got := code(0); got != http.StatusForbidden {
		t.Errorf("after 4096 other addresses: got status %d, want the address to be forgotten", got)
	}
}

// TestClientWaitsForRetryAfter: a client waits for the time in the header Retry-After and then gets
// everything. If that time exceeds its own timeout, it continues with the next peer.
func TestClientWaitsForRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreet()
		b := blobtest.Bytes(1, 10)
		held := holding(t, b, blobtest.ModelRef(1))
		web := blob.NewHTTPServer(&blob.Server{
			Chain: chain, Node: server, Store: held, Policy: rules{}, Keys: rules{}, Strangers: blob.Rate{Burst: 2, PerSecond: 1},
		})
		done := make(chan error)
		go func() { done <- web.Serve(s) }()
		c, hangUp := s.caller(0, "10.0.0.1:1")
		for range 8 {
			if _, err := c.FetchModel(t.Context(), []blob.Peer{atStreet()}, spec.DigestOf(b), 10, blob.NewMemory()); err != nil {
				t.Error(err)
			}
		}
		hangUp()
		web.Close()
		<-done
	})
	asked := 0
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer busy.Close()
	b := blobtest.Bytes(1, 10)
	peers := []blob.Peer{{Node: 1, Endpoint: busy.URL}, serve(t, server, holding(t, b, blobtest.ModelRef(1)), nil)}
	if _, err := clientOf(0).FetchModel(t.Context(), peers, spec.DigestOf(b), 10, blob.NewMemory()); err != nil || asked != 1 {
		t.Errorf("a peer that refuses everybody got %d requests: %v", asked, err)
	}
}
