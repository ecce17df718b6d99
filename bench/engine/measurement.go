package main

import (
	"math"
	"slices"
)

// measurement is one kernel on one model and batch. Speeds are medians over the
// rounds, in examples per CPU-second; ratios are medians of the rounds' ratios.
type measurement struct {
	Model         string  `json:"model"`
	Batch         int     `json:"batch"`
	Mode          string  `json:"mode"`
	Kernel        string  `json:"kernel"`
	Ratio         float64 `json:"ratio"` // of our speed to PyTorch's
	Ours          float64 `json:"ours"`
	Torch         float64 `json:"torch"`
	Low           float64 `json:"low"` // of the ratio in all rounds
	High          float64 `json:"high"`
	StrictOfFused float64 `json:"strict_of_fused,omitempty"` // ratio of strict to fused, of the same instruction set
	Difference    float64 `json:"loss_difference"`           // largest relative difference to PyTorch
}

// compare fills in the figures from the speeds of both in each round.
func (m *measurement) compare(ours, torch []float64) {
	each := ratios(ours, torch)
	m.Ratio, m.Low, m.High = digits(median(each)), digits(slices.Min(each)), digits(slices.Max(each))
	m.Ours, m.Torch = math.Round(median(ours)), math.Round(median(torch))
}

// ratios divides the figures of each round.
func ratios(a, b []float64) []float64 {
	r := make([]float64, len(a))
	for i := range a {
		r[i] = a[i] / b[i]
	}
	return r
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// digits rounds to three decimal places.
func digits(v float64) float64 { return math.Round(v*1000) / 1000 }
