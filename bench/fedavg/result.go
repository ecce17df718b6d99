package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/althing-network/althing/spec"
)

// result is a setting with the best of its rates, and the paper's figure.
type result struct {
	setting
	Rate         spec.PPM `json:"rate"`
	Updates      uint32   `json:"u"` // steps of a client per round
	Target       spec.PPM `json:"target"`
	Measured     bool     `json:"measured"`
	Rounds       float64  `json:"rounds,omitempty"` // to the target; if it was reached
	Reached      bool     `json:"reached"`
	Diverged     bool     `json:"diverged,omitempty"` // without reaching the target
	Cap          int      `json:"cap"`                // maximum number of rounds
	Best         float64  `json:"best"`
	PaperRounds  int      `json:"paper_rounds"`
	Speedup      float64  `json:"speedup_over_fedsgd,omitempty"` // if both reached the target
	PaperSpeedup float64  `json:"paper_speedup"`
	Seconds      float64  `json:"seconds"` // of all rates
	Rates        int      `json:"rates"`   // tried

	atLeast float64 // lower bound of the speed-up, if FedSGD has not reached the target
	curve   []float64
}

// resultOf is the result of a setting from a log.
func resultOf(o options, log *record, s setting) result {
	r := outcome(o, log, s)
	base := s
	base.row = fedSGD()
	r.PaperSpeedup = round(float64(paperRounds(base))/float64(r.PaperRounds), 1)
	fed := outcome(o, log, base)
	switch {
	case !r.Reached || r.Rounds == 0:
	case fed.Reached:
		r.Speedup = round(fed.Rounds/r.Rounds, 1)
	case fed.Measured:
		r.atLeast = round(float64(fed.Cap)/r.Rounds, 1)
	}
	r.Rounds = round(r.Rounds, 1)
	return r
}

// outcome is a result without the comparison with FedSGD, and with unrounded rounds.
func outcome(o options, log *record, s setting) result {
	r := result{setting: s, Updates: s.updates(), Target: o.target, PaperRounds: paperRounds(s)}
	var trials []trial // the longest trial of each rate
	for _, t := range log.trials {
		if !t.same(o.wanted(s, t.Rate)) || len(o.rates) > 0 && !slices.Contains(o.rates, t.Rate) {
			continue
		}
		r.Seconds += t.Seconds
		i := slices.IndexFunc(trials, t.same)
		switch {
		case i < 0:
			trials = append(trials, t)
		case len(t.Curve) > len(trials[i].Curve):
			trials[i] = t
		}
	}
	if len(trials) == 0 {
		return r
	}
	top := slices.MinFunc(trials, better)
	rounds, reached := top.rounds()
	r.Measured, r.Reached, r.Rounds, r.Cap = true, reached, rounds, top.Cap
	r.Diverged = !reached && top.Diverged != ""
	r.Rate, r.Best, r.Rates, r.Seconds, r.curve = top.Rate, top.best(), len(trials), round(r.Seconds, 0), top.Curve
	return r
}

func round(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}

func writeJSON(w io.Writer, r result) error { return json.NewEncoder(w).Encode(r) }

// writeTable prints the results of a log and the paper's figures as Markdown.
func writeTable(w io.Writer, o options, log *record) error {
	var b strings.Builder
	b.WriteString("| row | u |")
	for _, s := range o.splits {
		fmt.Fprintf(&b, " %s | paper, %s | rate |", titleOf(s), titleOf(s))
	}
	b.WriteString("\n|---|---:|" + strings.Repeat("---:|", 3*len(o.splits)) + "\n")
	for _, row := range o.rows {
		fmt.Fprintf(&b, "| %s | %d |", row, row.updates())
		for _, s := range o.splits {
			r := resultOf(o, log, setting{o.model, s, row})
			fmt.Fprintf(&b, " %s | %d (%.1fx) | %s |", r.cell(), r.PaperRounds, r.PaperSpeedup, r.rate())
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell is the number of rounds to the target, with the speed-up over FedSGD.
func (r result) cell() string {
	switch {
	case !r.Measured:
		return "not measured"
	case r.Diverged:
		return fmt.Sprintf("diverged (best %.3f)", r.Best)
	case !r.Reached:
		return fmt.Sprintf("> %d (best %.3f)", r.Cap, r.Best)
	case r.Speedup > 0:
		return fmt.Sprintf("%.1f (%.1fx)", r.Rounds, r.Speedup)
	case r.atLeast > 0:
		return fmt.Sprintf("%.1f (> %.1fx)", r.Rounds, r.atLeast)
	}
	return fmt.Sprintf("%.1f", r.Rounds)
}

func (r result) rate() string {
	if !r.Measured {
		return ""
	}
	return r.Rate.String()
}
