package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

// setting is a sequence of releases. Its unit is the example, its adjacency add-remove, as
// in the other programs.
type setting struct {
	mechanism string
	parameter float64 // noise multiplier of gaussian, epsilon per step of laplace
	rate      float64 // of Poisson sampling
	steps     int
	delta     float64
}

func settings() []setting {
	return []setting{
		{"gaussian", 1.5, 0.04, 2250, 1e-5},
		{"gaussian", 1.3, 0.0025, 6000, 1e-5},
		{"gaussian", 1, 0.01, 1000, 1e-5},
		{"gaussian", 2, 0.3, 25, 1e-5},
		{"gaussian", 1, 0.1, 200, 1e-5},
		{"gaussian", 4, 0.01, 10_000, 1e-5},
		{"gaussian", 1, 0.001, 30_000, 1e-7},
		{"gaussian", 4.5, 1, 60, 1e-5},
		{"laplace", 0.1, 1, 100, 1e-5},
	}
}

func (s setting) String() string {
	return fmt.Sprintf("%s %v, q %v, %d steps, delta %v", s.mechanism, s.parameter, s.rate, s.steps, s.delta)
}

func (s setting) plan() account.Plan {
	part := account.Part{Mechanism: account.Gaussian{Noise: s.parameter}, Steps: s.steps}
	if s.mechanism == "laplace" {
		part.Mechanism = account.Laplace{Epsilon: s.parameter}
	}
	if s.rate < 1 {
		part.Sampling = account.Poisson(s.rate)
	}
	return account.Plan{Unit: cost.Example, Adjacency: cost.AddRemove, Parts: []account.Part{part}}
}

// figure is the epsilon that an accountant computes, and its CPU time.
type figure struct {
	Epsilon float64
	Time    time.Duration
	Refused string // why it cannot compute this setting; empty if it can
}

// row has the figures of one setting, one per column.
type row struct {
	setting setting
	figures []figure
}

// columns are the names of the accountants: ours first; of each program the coarse one, then
// the tight one.
func columns() []string {
	return []string{"rdp", "pld", "dp_accounting rdp", "dp_accounting pld", "opacus rdp", "opacus prv"}
}

func contest(ctx context.Context, all []setting, rounds int, others *peers) ([]row, error) {
	rows := make([]row, len(all))
	for i, s := range all {
		times := make([][]time.Duration, len(columns()))
		rows[i] = row{s, make([]figure, len(columns()))}
		for range rounds {
			for j, by := range columns() {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				f, err := measure(by, s, others)
				if err != nil {
					return nil, fmt.Errorf("%s of %s: %w", by, s, err)
				}
				rows[i].figures[j] = f
				times[j] = append(times[j], f.Time)
			}
		}
		for j := range times {
			slices.Sort(times[j])
			rows[i].figures[j].Time = times[j][len(times[j])/2]
		}
	}
	return rows, nil
}

func measure(by string, s setting, others *peers) (figure, error) {
	switch {
	case strings.HasPrefix(by, "opacus") && s.mechanism != "gaussian":
		return figure{Refused: "has no accountant for laplace"}, nil
	case strings.Contains(by, " "):
		return others.measure(by, s)
	}
	begin := processorTime()
	a, err := s.plan().EpsilonBy(account.Accountant(by), s.delta)
	return figure{Epsilon: a.Epsilon, Time: processorTime() - begin}, err
}

func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// table is a table in Markdown: epsilon, and the CPU time in milliseconds in brackets.
func table(rows []row) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| setting | %s |\n|---%s|\n", strings.Join(columns(), " | "), strings.Repeat("|---", len(columns())))
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s ", r.setting)
		for _, f := range r.figures {
			if f.Refused != "" {
				b.WriteString("| - ")
				continue
			}
			fmt.Fprintf(&b, "| %.4f (%s) ", f.Epsilon, milliseconds(f.Time))
		}
		b.WriteString("|\n")
	}
	return b.String()
}

func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms < 10 {
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

// agree compares our RDP with that of Opacus, or of dp_accounting if Opacus has none for the
// setting, and our PLD with that of dp_accounting. Both sides bound the same value by the
// same theorem, so if they differ by more than the tolerance, one is wrong. Opacus is the
// first choice, because dp_accounting's RDP is too large at fractional orders.
func agree(rows []row) (err error) {
	const tolerance = 1e-3
	for _, r := range rows {
		rdp := 4
		if r.figures[rdp].Refused != "" {
			rdp = 2
		}
		for ours, theirs := range map[int]int{0: rdp, 1: 3} {
			a, b := r.figures[ours], r.figures[theirs]
			if a.Refused != "" || b.Refused != "" || math.Abs(a.Epsilon-b.Epsilon) > tolerance*(1+b.Epsilon) {
				err = errors.Join(err, fmt.Errorf("%s: %s says %v%s, %s says %v%s",
					r.setting, columns()[ours], a.Epsilon, a.Refused, columns()[theirs], b.Epsilon, b.Refused))
			}
		}
	}
	return err
}
