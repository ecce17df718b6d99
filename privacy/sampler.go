package privacy

import "fmt"

// Sampler draws from a law. It never changes and is safe for concurrent use, each
// goroutine with a stream of its own.
type Sampler interface {
	Law() Law
	// Largest is the largest magnitude that can be drawn, but for odds of 2^-112.
	Largest() uint64
	// Add adds a draw to each value. See [Table.Add].
	Add(s *Stream, values []int64)
}

var (
	_ Sampler = (*Table)(nil)
	_ Sampler = exact{}
)

// SamplerOf is what makes so many draws from a law soonest: its table, or, for few draws,
// its exact sampler, which needs none.
func SamplerOf(l Law, draws uint64) (Sampler, error) {
	const tablePays = 1 << 17 // a table takes as long to make as so many exact draws
	if e, ok := l.(exactLaw); ok && draws < tablePays {
		if err := l.Validate(); err != nil {
			return nil, err
		}
		return exact{e}, nil
	}
	return NewSampler(l)
}

// NewSampler is the table of a law, or, where the table would be too large, its exact
// sampler: that is many times slower.
func NewSampler(l Law) (Sampler, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	if e, ok := l.(exactLaw); ok && l.reach() > maxReach {
		return exact{e}, nil
	}
	return NewTable(l)
}

// exactLaw can be drawn from without a table.
type exactLaw interface {
	Law
	Draw(s *Stream) (int64, error)
}

// exact draws from a valid law.
type exact struct{ law exactLaw }

func (e exact) Law() Law { return e.law }

func (e exact) Largest() uint64 { return e.law.reach() }

func (e exact) Add(s *Stream, values []int64) {
	for i := range values {
		k, err := e.law.Draw(s)
		if err != nil {
			panic(fmt.Sprintf("privacy: %v", err)) // no noise must not leave; NewSampler has validated the law
		}
		values[i] += k
	}
}
