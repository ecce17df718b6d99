package privacy

import "sync"

// Samplers is a cache of samplers: making a table takes up to a few seconds, and a task
// draws from the same law in each round. Its zero value is ready, and it is safe for
// concurrent use. A nil *Samplers works and caches nothing.
type Samplers struct {
	mu    sync.Mutex
	cache map[samplerKey]Sampler
}

// samplerKey is the arguments of [SamplerOf].
type samplerKey struct {
	law   Law
	draws uint64
}

// maxCached is the maximum number of samplers in the cache: a table takes up to a few
// megabytes. The cache is emptied when it is full.
const maxCached = 8

// Of is [SamplerOf] with the cache.
func (s *Samplers) Of(l Law, draws uint64) (Sampler, error) {
	if s == nil {
		return SamplerOf(l, draws)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if sampler, ok := s.cache[samplerKey{l, draws}]; ok {
		return sampler, nil
	}
	sampler, err := SamplerOf(l, draws)
	if err != nil {
		return nil, err
	}
	if s.cache == nil || len(s.cache) == maxCached {
		s.cache = map[samplerKey]Sampler{}
	}
	s.cache[samplerKey{l, draws}] = sampler
	return sampler, nil
}
