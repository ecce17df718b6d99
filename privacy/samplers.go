package privacy

import "sync"

// Samplers makes samplers and keeps them, because a table takes up to seconds to make and
// a task draws from the same law in each round. Its zero value is ready, and it is safe
// for concurrent use. A nil one keeps nothing.
type Samplers struct {
	mu   sync.Mutex
	made map[wanted]Sampler
}

// wanted is what a sampler is for.
type wanted struct {
	law   Law
	draws uint64
}

// maxKept is how many samplers are kept at a time: a table has up to some megabytes.
const maxKept = 8

// Of is what makes so many draws from a law soonest, see [SamplerOf].
func (s *Samplers) Of(l Law, draws uint64) (Sampler, error) {
	if s == nil {
		return SamplerOf(l, draws)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if made, ok := s.made[wanted{l, draws}]; ok {
		return made, nil
	}
	made, err := SamplerOf(l, draws)
	if err != nil {
		return nil, err
	}
	if s.made == nil || len(s.made) == maxKept {
		s.made = map[wanted]Sampler{}
	}
	s.made[wanted{l, draws}] = made
	return made, nil
}
