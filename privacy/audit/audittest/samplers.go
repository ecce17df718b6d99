// Package audittest has what audits are shown to have power with: noise that is not
// what it says, and rows that are easily told apart. It is for tests and measurements;
// no node draws with it or trains on them.
package audittest

import (
	"fmt"

	"github.com/althing-network/althing/privacy"
)

// Samplers makes samplers that say one law and draw the same at another scale, Num/Den
// of it. Num 0 draws nothing but 0.
type Samplers struct {
	Num, Den uint64
	Made     privacy.Samplers // those that draw
}

// Of is as [privacy.Samplers.Of].
func (s *Samplers) Of(l privacy.Law, draws uint64) (privacy.Sampler, error) {
	claimed, err := s.Made.Of(l, draws)
	if err != nil || s.Num == s.Den {
		return claimed, err
	}
	if s.Num == 0 {
		return silent{claimed}, nil
	}
	other, err := s.scaled(l)
	if err != nil {
		return nil, err
	}
	drawn, err := s.Made.Of(other, draws)
	return lying{claimed, drawn}, err
}

// scaled is the law of a draw times Num/Den, as near as the law's kind has it.
func (s *Samplers) scaled(l privacy.Law) (privacy.Law, error) {
	switch l := l.(type) {
	case privacy.RoundedGaussian:
		return privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: l.Sigma.Num * s.Num, Den: l.Sigma.Den * s.Den}}, nil
	case privacy.DiscreteLaplace:
		return privacy.DiscreteLaplace{A: privacy.Ratio{Num: l.A.Num * s.Den, Den: l.A.Den * s.Num}}, nil
	case privacy.Skellam:
		return privacy.Skellam{Variance: l.Variance * s.Num * s.Num / (s.Den * s.Den), Shares: l.Shares}, nil
	case privacy.Polya:
		return privacy.Polya{A: privacy.Ratio{Num: l.A.Num * s.Den, Den: l.A.Den * s.Num}, Shares: l.Shares}, nil
	}
	return nil, fmt.Errorf("%w: no other scale of %s is known", privacy.ErrLaw, l)
}

// lying says one law and draws another.
type lying struct {
	privacy.Sampler
	drawn privacy.Sampler
}

// Add implements [privacy.Sampler].
func (l lying) Add(s *privacy.Stream, values []int64) { l.drawn.Add(s, values) }

// silent draws nothing but 0.
type silent struct{ privacy.Sampler }

// Add implements [privacy.Sampler].
func (silent) Add(*privacy.Stream, []int64) {}
