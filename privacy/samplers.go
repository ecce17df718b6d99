package privacy

import "sync"

// Samplers makes samplers and keeps them, because a table takes up to seconds to make and
// a task draws from the same law in each round. Its zero value is ready, and it is safe
// for concurrent use. A nil one keeps nothing.
type Samplers struct {
	mu   sync.Mutex
	made map[Law]Sampler
}

// maxKept is how many samplers are kept at a time: a table has up to some megabytes.
const maxKept = 8

// Of is the sampler of a law, see [NewSampler].
func (s *Samplers) Of(l Law) (Sampler, error) {
	if s == nil {
		return NewSampler(l)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if made, ok := s.made[l]; ok {
		return made, nil
	}
	made, err := NewSampler(l)
	if err != nil {
		return nil, err
	}
	if s.made == nil || len(s.made) == maxKept {
		s.made = map[Law]Sampler{}
	}
	s.made[l] = made
	return made, nil
}
