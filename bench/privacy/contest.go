package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"syscall"
	"time"
)

// side does a piece of work repeatedly, and can return what it has drawn.
type side struct {
	work  func() error
	drawn func() []float64 // the samples of the last piece; nil if it draws none
}

// contest is a piece of work of one or two sides.
type contest struct {
	what, of    string
	pieces      int // samples per piece, if the unit is samples per second; 0: milliseconds
	target      float64
	ours, plain side    // plain.work may be nil
	variance    float64 // of the samples of both sides
}

// result has the figures of a contest: medians over the rounds, in the unit.
type result struct {
	What   string  `json:"what"`
	Of     string  `json:"of"`
	Unit   string  `json:"unit"`
	Ours   float64 `json:"ours"`
	Low    float64 `json:"low"` // of ours in all rounds
	High   float64 `json:"high"`
	Plain  float64 `json:"plain,omitempty"`
	Target float64 `json:"target,omitempty"`
	Met    bool    `json:"met"`
}

const (
	millions     = "million per CPU-second"
	milliseconds = "CPU-ms"
)

// measure lets both sides take turns, after checking what they draw.
func (c contest) measure(ctx context.Context, o options) (result, error) {
	r := result{What: c.what, Of: c.of, Unit: milliseconds, Target: c.target}
	if c.pieces > 0 {
		r.Unit = millions
	}
	figures := [2][]float64{}
	for round := range o.rounds + 1 {
		for i, s := range []side{c.ours, c.plain} {
			if s.work == nil {
				continue
			}
			if round == 0 {
				if err := c.checkVariance(s); err != nil {
					return r, err
				}
				continue
			}
			if err := ctx.Err(); err != nil {
				return r, err
			}
			each, err := timed(s, o.slice)
			if err != nil {
				return r, err
			}
			figures[i] = append(figures[i], c.figure(each))
		}
	}
	r.Ours, r.Low, r.High = median(figures[0]), slices.Min(figures[0]), slices.Max(figures[0])
	if c.plain.work != nil {
		r.Plain = median(figures[1])
	}
	r.Met = c.target == 0 || c.pieces > 0 && r.Ours >= c.target || c.pieces == 0 && r.Ours <= c.target
	return r, nil
}

// figure is the figure for a piece of work that takes a time, rounded to three decimal places.
func (c contest) figure(each time.Duration) float64 {
	f := each.Seconds() * 1e3
	if c.pieces > 0 {
		f = float64(c.pieces) / each.Seconds() / 1e6
	}
	return math.Round(f*1000) / 1000
}

// checkVariance runs a side once, and fails if its samples have another variance.
func (c contest) checkVariance(s side) error {
	if err := s.work(); err != nil || s.drawn == nil {
		return err
	}
	drawn, squares := s.drawn(), 0.0
	for _, v := range drawn {
		squares += v * v
	}
	if got := squares / float64(len(drawn)); math.Abs(got/c.variance-1) > 0.5 {
		return fmt.Errorf("the variance of %d samples is %.4g: want %.4g", len(drawn), got, c.variance)
	}
	return nil
}

// timed is the mean CPU time of one piece of work in a slice of pieces.
func timed(s side, slice time.Duration) (time.Duration, error) {
	began, err := spent()
	if err != nil {
		return 0, err
	}
	for n := 1; ; n++ {
		if err := s.work(); err != nil {
			return 0, err
		}
		now, err := spent()
		if err != nil {
			return 0, err
		}
		if now-began >= slice {
			return (now - began) / time.Duration(n), nil
		}
	}
}

// spent is the CPU time of this process so far, all threads, user and system.
func spent() (time.Duration, error) {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano()), nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
