package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/audit"
	"github.com/althing-network/althing/privacy/audit/audittest"
)

// tau is the probability of a false alarm: a confidence of 99.9%.
const tau = 0.001

// result is how often audits detected noise of one scale in one setting.
type result struct {
	Mode        string  `json:"mode"`
	Unit        string  `json:"unit"`
	Kind        string  `json:"kind"`
	Scale       float64 `json:"scale"` // of the drawn noise, as a multiple of the stated scale
	Seeds       int     `json:"seeds"`
	Residual    int     `json:"residual"`    // seeds at which the residual test detects it
	Coordinates int     `json:"coordinates"` // values that the residual test uses per seed
	Test        string  `json:"test"`        // the test of guesses about canaries
	Caught      int     `json:"caught"`      // seeds at which that test detects it
	Runs        int     `json:"runs"`
	Canaries    int     `json:"canaries"`
	Guesses     int     `json:"guesses"`
	Right       float64 `json:"right"` // share of right guesses
}

const head = "mode     unit     kind      scale  residual (values)    guesses: test, runs x canaries, guesses, right      caught"

// print prints a result as a line of the table or as a line of JSON.
func (r result) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(w, "%-8s %-8s %-9s %5.2g  %5d/%-3d %9s    %-15s %d x %d, %d, %.3f%12d/%d\n", r.Mode, r.Unit, r.Kind, r.Scale,
		r.Residual, r.Seeds, fmt.Sprintf("(%d)", r.Coordinates), r.Test, r.Runs, r.Canaries, r.Guesses, r.Right, r.Caught, r.Seeds)
	return err
}

// measure audits noise of each scale at each seed.
func (s setting) measure(ctx context.Context, seeds int) (all []result, err error) {
	c, err := s.card()
	if err != nil {
		return nil, err
	}
	for _, samplers := range []*audittest.Samplers{{Num: 1, Den: 1}, {Num: 7, Den: 10}, {Num: 1, Den: 2}} {
		r := result{
			Mode: s.mode, Unit: s.unit, Kind: s.kind, Scale: float64(samplers.Num) / float64(samplers.Den), Seeds: seeds,
			Test: "one run, Fisher", Runs: s.runs, Canaries: s.canaries, Guesses: s.guesses,
		}
		if c.bound.Norm == privacy.L1 {
			r.Test = "Steinke"
		}
		for seed := range uint64(seeds) {
			if err := s.audit(ctx, c, samplers, seed, &r); err != nil {
				return all, err
			}
		}
		r.Right /= float64(seeds * s.runs * s.guesses)
		all = append(all, r)
	}
	return all, nil
}

// audit audits one network with one seed, and adds to the result.
func (s setting) audit(ctx context.Context, c card, samplers *audittest.Samplers, seed uint64, r *result) error {
	n, err := s.open(c, samplers, seed)
	if err != nil {
		return err
	}
	var rounds []audit.Round
	var guessed []audit.Guesses
	for number := range s.runs {
		seen, own, err := n.run(ctx, c, number)
		if err != nil {
			return err
		}
		round := audit.Round{Noise: c.each, Residuals: own}
		if c.whole != nil {
			round.Noise = c.whole
			if round.Residuals, err = seen.Residuals(c.gradients); err != nil {
				return err
			}
		}
		rounds = append(rounds, round)
		guesses, err := seen.Guesses(c.gradients, c.bound.Norm, s.guesses)
		if err != nil {
			return err
		}
		guessed = append(guessed, guesses)
		r.Right += float64(guesses.Right)
	}
	verdict, err := audit.Residual(rounds, rand.NewPCG(seed, 1<<32), tau)
	if err != nil {
		return err
	}
	if r.Coordinates = verdict.Coordinates; verdict.Rejected() != nil {
		r.Residual++
	}
	p, err := c.chance(guessed)
	if err == nil && p <= tau {
		r.Caught++
	}
	return err
}
