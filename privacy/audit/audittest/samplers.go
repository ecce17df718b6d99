// Package audittest helps to show the power of audits: it has samplers whose noise is not
// what they claim ([Samplers]), and rows that are easy to tell apart, called canaries
// ([Rows], [Gradients]). It is for tests and measurements only; no node uses it.
package audittest

import (
	"fmt"

	"github.com/althing-network/althing/privacy"
)

// Samplers makes samplers that claim one law and draw from the same kind of law with Num/Den
// times its scale. With Num 0 they draw only 0.
type Samplers struct {
	Num, Den uint64
	Made     privacy.Samplers // the samplers that really draw
}

// Of is like [privacy.Samplers.Of].
func (s *Samplers) Of(l privacy.Law, draws uint64) (privacy.Sampler, error) {
	claimed, err := s.Made.Of(l, draws)
	if err != nil || s.Num == s.Den {
		return claimed, err
	}
	if s.Num == 0 {
		return silentSampler{claimed}, nil
	}
	other, err := s.scaled(l)
	if err != nil {
		return nil, err
	}
	drawn, err := s.Made.Of(other, draws)
	return lyingSampler{claimed, drawn}, err
}

// scaled is the law of the same kind that is nearest to a draw times Num/Den.
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
	return nil, fmt.Errorf("%w: cannot scale %s", privacy.ErrLaw, l)
}

// lyingSampler claims one law and draws from another.
type lyingSampler struct {
	privacy.Sampler
	drawn privacy.Sampler
}

// Add implements [privacy.Sampler].
func (l lyingSampler) Add(s *privacy.Stream, values []int64) { l.drawn.Add(s, values) }

// silentSampler draws only 0.
type silentSampler struct{ privacy.Sampler }

// Add implements [privacy.Sampler].
func (silentSampler) Add(*privacy.Stream, []int64) {}
