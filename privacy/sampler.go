package privacy

import "fmt"

// Sampler draws from a law. It has no state and is safe for concurrent use if each
// goroutine has its own stream.
type Sampler interface {
	Law() Law
	// Largest is the largest magnitude that is drawn, except with a probability of at most
	// 2^-112.
	Largest() uint64
	// Add adds one draw to each value. See [Table.Add].
	Add(s *Stream, values []int64)
}

var (
	_ Sampler = (*Table)(nil)
	_ Sampler = exact{}
)

// SamplerOf is the fastest sampler for a number of draws from a law: its table, or for few
// draws its exact sampler, which needs no table.
func SamplerOf(l Law, draws uint64) (Sampler, error) {
	const tablePays = 1 << 17 // making a table takes as long as this many exact draws
	if e, ok := l.(exactLaw); ok && draws < tablePays {
		if err := l.Validate(); err != nil {
			return nil, err
		}
		return exact{e}, nil
	}
	return NewSampler(l)
}

// NewSampler is the table of a law, or its exact sampler, which is many times slower, if
// the table would be too large.
func NewSampler(l Law) (Sampler, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	if e, ok := l.(exactLaw); ok && l.reach() > maxTableReach {
		return exact{e}, nil
	}
	return NewTable(l)
}

// exactLaw is a law that can be drawn from without a table.
type exactLaw interface {
	Law
	Draw(s *Stream) (int64, error)
}

// exact draws from a valid law without a table.
type exact struct{ law exactLaw }

func (e exact) Law() Law { return e.law }

func (e exact) Largest() uint64 { return e.law.reach() }

func (e exact) Add(s *Stream, values []int64) {
	for i := range values {
		k, err := e.law.Draw(s)
		if err != nil {
			panic(fmt.Sprintf("privacy: %v", err)) // cannot happen, as the law was validated; values without noise must not be released
		}
		values[i] += k
	}
}
