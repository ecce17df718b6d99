package blob

import (
	"slices"
	"sync"
	"time"
)

// Stalls remembers for 10 minutes which nodes stalled or were slow when a blob was fetched
// from them. They are asked last, but not skipped: they may be the only ones that have a
// blob, and the network may have been slow. The zero value is ready to use.
type Stalls struct {
	mu    sync.Mutex
	since lruCache[uint64, time.Time]
}

const (
	stallDuration = 10 * time.Minute
	maxStalls     = 4096 // nodes remembered, at most
)

func (s *Stalls) record(node uint64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since.drop(node)
	s.since.put(node, now, 1, maxStalls)
}

// stalledLast moves the peers that stalled to the end of the list.
func (s *Stalls) stalledLast(peers []Peer, now time.Time) []Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var others, stalled []Peer
	for _, p := range peers {
		if since, ok := s.since.get(p.Node); ok && now.Sub(since) < stallDuration {
			stalled = append(stalled, p)
		} else {
			others = append(others, p)
		}
	}
	return slices.Concat(others, stalled)
}
