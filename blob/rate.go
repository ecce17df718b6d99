package blob

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// Rate is how many requests a caller may send: a bucket that holds so many and is
// filled with so many a second.
type Rate struct {
	Burst     int
	PerSecond int
}

// The rates of a server that has none. A round has 2048 trainers, and a node asks for
// each update of a large model twice, manifest and bytes: a round of them, twice over,
// is had at once. A stranger audits a round no faster than its bytes travel.
const (
	nodeBurst, nodePerSecond         = 8192, 512
	strangerBurst, strangerPerSecond = 1024, 64
)

// maxCallers is how many nodes, and how many addresses, a server remembers.
const maxCallers = 4096

// tooOften is [ErrTooOften] with how long the caller has to wait.
type tooOften struct{ wait time.Duration }

func (t tooOften) Error() string {
	return fmt.Sprintf("%v: ask again in %v", ErrTooOften, t.wait)
}

func (t tooOften) Unwrap() error { return ErrTooOften }

// bucket is what a caller has left.
type bucket struct {
	tokens float64 // never fewer than 0, never more than the burst
	at     time.Time
}

// buckets are those of many callers. A caller who was forgotten begins anew.
type buckets[K comparable] struct{ lately[K, *bucket] }

// take takes a token of a caller, or says how long it has to wait for one.
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

// admitted is the caller of a request, where it has not sent too many. Nobody is asked
// for a key, and no signature is checked, for an address that has used up its own
// tokens, unless the request names a node whose signature was checked lately: strangers
// do not shut out the nodes that share their address. A request of a node costs the
// node, one that nobody signed, or not rightly, its address.
func (s *Server) admitted(r *http.Request) (Caller, error) {
	address := addressOf(r.RemoteAddr)
	nodes := Rate{cmp.Or(s.Nodes.Burst, nodeBurst), cmp.Or(s.Nodes.PerSecond, nodePerSecond)}
	strangers := Rate{cmp.Or(s.Strangers.Burst, strangerBurst), cmp.Or(s.Strangers.PerSecond, strangerPerSecond)}
	paid := s.charge(address, strangers)
	if paid != nil && !s.knows(r.Header.Get(HeaderNode)) {
		return Caller{}, paid
	}
	caller, err := s.caller(r)
	switch {
	case err != nil:
		return Caller{}, err
	case caller.Stranger():
		return caller, paid
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if paid == nil {
		s.addresses.giveBack(address, strangers)
	}
	return caller, s.nodes.take(caller.Node, nodes, s.now())
}

func (s *Server) charge(address netip.Prefix, r Rate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addresses.take(address, r, s.now())
}

// knows reports whether a header names a node whose signature was checked lately.
func (s *Server) knows(node string) bool {
	id, err := strconv.ParseUint(node, 10, 64)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.nodes.places[id]
	return ok
}
