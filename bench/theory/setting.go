package main

import (
	"context"
	"fmt"

	"github.com/althing-network/althing/bench/theory/theorem"
	"github.com/althing-network/althing/spec"
)

// decay is mu, 0.1.
const decay spec.PPM = 100_000

const (
	batch     = 8   // rows
	alpha     = 0.1 // of the Dirichlet split: shards have few classes
	splitSeed = 1
	quarter   = 4 // 1 of 4 trainers takes part, if not all do
)

// setting is the setting of one curve.
type setting struct {
	Trainers int `json:"trainers"`
	Drawn    int `json:"drawn"`        // per round
	Epochs   int `json:"local_epochs"` // 0: one step on one batch
}

// settings are the settings of all curves, first those with one step, to which the theorem
// applies.
func settings(trainers []int) (all []setting) {
	for _, epochs := range []int{0, 1, 5, 20} {
		for _, n := range trainers {
			all = append(all, setting{n, n, epochs})
		}
		for _, n := range trainers {
			if some := max(1, n/quarter); some < n {
				all = append(all, setting{n, some, epochs})
			}
		}
	}
	return all
}

func (s setting) String() string {
	return fmt.Sprintf("%d of %d trainers, %s", s.Drawn, s.Trainers, s.work())
}

// work is what a trainer does per round.
func (s setting) work() string {
	switch s.Epochs {
	case 0:
		return "one step"
	case 1:
		return "1 epoch"
	}
	return fmt.Sprintf("%d epochs", s.Epochs)
}

// result is a measured curve, compared with the bounds.
type result struct {
	setting
	Seeds       int     `json:"seeds"`
	Rounds      int     `json:"rounds"`
	Eta         float64 `json:"eta"`
	Mu          float64 `json:"mu"`
	L           float64 `json:"l"`
	Sigma2      float64 `json:"sigma2"`
	Start       float64 `json:"start"`        // |w_0 - w*|^2
	Mean        float64 `json:"mean"`         // of |w_t - w*|^2 after the last round
	Bound       float64 `json:"bound"`        // after the last round, with sigma^2/mu^2
	Tight       float64 `json:"tight_bound"`  // after the last round, with eta sigma^2/mu
	Inside      bool    `json:"inside"`       // below both bounds for every t
	Leaves      *int    `json:"leaves"`       // the first t with the mean above the bound; null: none
	LeavesTight *int    `json:"leaves_tight"` // the same of the tighter one
	curve       theorem.Curve
}

func (s setting) measure(ctx context.Context, p theorem.Problem, o options, tick func()) (result, error) {
	shards, err := theorem.Shards(p.Table, s.Trainers, alpha, splitSeed)
	if err != nil {
		return result{}, err
	}
	f := theorem.Federation{Problem: p, Shards: shards, Drawn: s.Drawn, Batch: batch, Epochs: s.Epochs, Rate: p.Rate()}
	c, err := f.Measure(ctx, o.rounds, o.seeds, tick)
	if err != nil {
		return result{}, err
	}
	r := result{
		setting: s, Seeds: o.seeds, Rounds: o.rounds, Eta: c.Eta, Mu: c.Mu, L: p.L, Sigma2: c.Sigma2,
		Start: c.Mean[0], Mean: c.Mean[o.rounds], Bound: c.Quoted()(o.rounds), Tight: c.Tight()(o.rounds), curve: c,
		Leaves: leaving(c, c.Quoted()), LeavesTight: leaving(c, c.Tight()),
	}
	r.Inside = r.Leaves == nil && r.LeavesTight == nil
	return r, nil
}

func leaving(c theorem.Curve, b theorem.Bound) *int {
	if t, leaves := c.Leaves(b); leaves {
		return &t
	}
	return nil
}

// head is the line above the results.
const head = "trainers  drawn  work        sigma^2   mean |w-w*|^2  eta sigma^2/mu bound  sigma^2/mu^2 bound  inside"

func (r result) String() string {
	inside := "yes"
	switch {
	case r.Leaves != nil:
		inside = fmt.Sprintf("no, leaves both by round %d", max(*r.Leaves, *r.LeavesTight))
	case r.LeavesTight != nil:
		inside = fmt.Sprintf("no, leaves the tighter in round %d", *r.LeavesTight)
	}
	return fmt.Sprintf("%8d  %5d  %-9s  %8.4g  %13.4g  %20.4g  %18.4g  %s", r.Trainers, r.Drawn, r.work(), r.Sigma2, r.Mean, r.Tight, r.Bound, inside)
}
