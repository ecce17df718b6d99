package main

import (
	"cmp"
	"slices"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// trial is one run of a setting with one learning rate: a line of the log.
type trial struct {
	setting
	Rate       spec.PPM  `json:"rate"`
	Seed       uint64    `json:"seed"`
	Arithmetic string    `json:"arithmetic"`
	Target     spec.PPM  `json:"target"`
	Cap        int       `json:"cap"`                // maximum number of rounds
	Diverged   string    `json:"diverged,omitempty"` // why training failed
	Seconds    float64   `json:"seconds"`
	Curve      []float64 `json:"curve"` // accuracy of model 0, then after each round
}

// rounds is the number of rounds to the target, and whether it was reached.
func (t trial) rounds() (float64, bool) { return crossing(t.Curve, model.Fraction(t.Target)) }

// best is the best accuracy of all its rounds.
func (t trial) best() float64 { return slices.Max(append([]float64{0}, t.Curve...)) }

// final reports whether the trial cannot change by running up to a number of rounds.
func (t trial) final(rounds int) bool {
	_, reached := t.rounds()
	return reached || t.Diverged != "" || t.Cap >= rounds
}

// same reports whether two trials have the same settings.
func (t trial) same(o trial) bool {
	return t.setting == o.setting && t.Rate == o.Rate && t.Seed == o.Seed && t.Arithmetic == o.Arithmetic && t.Target == o.Target
}

// better orders trials of one setting: first those that reached the target, by rounds, then
// the others, by their best accuracy.
func better(a, b trial) int {
	inA, reachedA := a.rounds()
	inB, reachedB := b.rounds()
	switch {
	case reachedA && reachedB:
		return cmp.Compare(inA, inB)
	case reachedA:
		return -1
	case reachedB:
		return 1
	}
	return cmp.Compare(b.best(), a.best())
}
