package blob

import (
	"slices"
	"sync"
	"time"
)

// Stalls remembers for a while which nodes stood still or were slow when a blob was got
// from them. They are asked after all others, not left out: they may be the only ones
// that have it, and what was slow may have been the way to them. Its zero value is ready.
type Stalls struct {
	mu    sync.Mutex
	since lately[uint64, time.Time]
}

const (
	stallMemory = 10 * time.Minute
	maxStalls   = 4096 // nodes that are remembered
)

func (s *Stalls) note(node uint64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since.drop(node)
	s.since.put(node, now, 1, maxStalls)
}

// last is a list of peers with those at its end that stalled.
func (s *Stalls) last(peers []Peer, now time.Time) []Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var others, stalled []Peer
	for _, p := range peers {
		if since, ok := s.since.get(p.Node); ok && now.Sub(since) < stallMemory {
			stalled = append(stalled, p)
		} else {
			others = append(others, p)
		}
	}
	return slices.Concat(others, stalled)
}
