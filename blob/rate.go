package blob

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// Rate limits requests by a token bucket: Burst tokens at most, refilled with PerSecond
// tokens per second.
type Rate struct {
	Burst     int
	PerSecond int
}

// The default rates of a server. A round has at most 2048 trainers, and a node sends two
// requests per update of a large model, manifest and bytes: the burst of a node is twice
// what a round needs. A stranger who audits a round may have to wait.
const (
	nodeBurst, nodePerSecond         = 8192, 512
	strangerBurst, strangerPerSecond = 1024, 64
)

// maxCallers bounds the nodes, and the addresses, whose buckets a server remembers.
const maxCallers = 4096

// tooOften is [ErrTooOften] with the time that the caller has to wait.
type tooOften struct{ wait time.Duration }

func (t tooOften) Error() string {
	return fmt.Sprintf("%v: ask again in %v", ErrTooOften, t.wait)
}

func (t tooOften) Unwrap() error { return ErrTooOften }

// bucket holds the tokens of a caller.
type bucket struct {
	tokens float64 // never fewer than 0, never more than the burst
	at     time.Time
}

// buckets holds the buckets of many callers. An evicted caller starts with a full bucket.
type buckets[K comparable] struct{ lruCache[K, *bucket] }

// take takes a token from a caller, or returns how long it has to wait for one.
func (b *buckets[K]) take(key K, r Rate, now time.Time) error {
	one, ok := b.get(key)
	if !ok {
		one = &bucket{float64(r.Burst), now}
		b.put(key, one, 1, maxCallers)
	}
	if gone := now.Sub(one.at); gone > 0 {
		one.tokens = min(float64(r.Burst), one.tokens+gone.Seconds()*float64(r.PerSecond))
		one.at = now
	}
	if one.tokens < 1 {
		missing := (1 - one.tokens) / float64(r.PerSecond)
		return tooOften{time.Duration(missing * float64(time.Second))}
	}
	one.tokens--
	return nil
}

// giveBack returns a token.
func (b *buckets[K]) giveBack(key K, r Rate) {
	if one, ok := b.get(key); ok {
		one.tokens = min(float64(r.Burst), one.tokens+1)
	}
}

// admit returns the caller of a request, unless it has sent too many. For an address without
// tokens no key is looked up and no signature is checked, unless the request names a node
// whose signature was checked recently: strangers must not shut out nodes that share their
// address. A signed request takes a token of its node; an unsigned or wrongly signed one
// takes a token of its address.
func (s *Server) admit(r *http.Request) (Caller, error) {
	address := networkOf(r.RemoteAddr)
	nodes := Rate{cmp.Or(s.Nodes.Burst, nodeBurst), cmp.Or(s.Nodes.PerSecond, nodePerSecond)}
	strangers := Rate{cmp.Or(s.Strangers.Burst, strangerBurst), cmp.Or(s.Strangers.PerSecond, strangerPerSecond)}
	refused := s.takeAddressToken(address, strangers)
	if refused != nil && !s.signedLately(r.Header.Get(HeaderNode)) {
		return Caller{}, refused
	}
	caller, err := s.caller(r)
	switch {
	case err != nil:
		return Caller{}, err
	case caller.Stranger():
		return caller, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused == nil {
		s.addresses.giveBack(address, strangers)
	}
	return caller, s.nodes.take(caller.Node, nodes, s.now())
}

func (s *Server) takeAddressToken(address netip.Prefix, r Rate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addresses.take(address, r, s.now())
}

// signedLately reports whether a header names a node whose signature was checked recently.
func (s *Server) signedLately(node string) bool {
	id, err := strconv.ParseUint(node, 10, 64)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.nodes.elements[id]
	return ok
}
