package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/althing-network/althing/bench/flwr"
)

// bench is what all samples share.
type bench struct {
	program string // althing
	self    string
	python  string
	before  string // folder of an older version
	dir     string
}

// sample is one turn of a system.
type sample struct {
	Rounds    []time.Duration // counted rounds
	Accuracy  float64         // after the last round
	Resident  float64         // peak memory of all processes together, in MiB
	Processes int             // number of processes at that time
	Budget    *budget         // only of ours
	Syncs     *syncs          // of ours, if they were counted
}

// run measures all systems and publishes the results.
func run(ctx context.Context, o options) (err error) {
	b := bench{dir: o.dir, program: o.program, before: o.before}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if o.syncs {
		if _, err := exec.LookPath("strace"); err != nil {
			return fmt.Errorf("--syncs: %w", err)
		}
	}
	if b.before, err = filepath.Abs(b.before); err != nil {
		return err
	}
	if slices.ContainsFunc(o.systems, func(s system) bool { return s.What == deployment || s.What == startServer }) {
		if b.python, err = flwr.Python(ctx, o.python, os.Stderr); err != nil {
			return err
		}
	}
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "althing-bench-"); err != nil {
			return err
		}
		defer func() {
			if err == nil {
				err = os.RemoveAll(b.dir)
			}
		}()
	}
	if b.dir, err = filepath.Abs(b.dir); err != nil {
		return err
	}
	if b.program == "" {
		b.program = filepath.Join(b.dir, "althing")
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", b.program, "./cmd/althing").CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w\n%s", err, out)
		}
	}
	samples, err := b.turns(ctx, o)
	if err != nil {
		return err
	}
	if o.syncs {
		if err := b.addSyncs(ctx, o, samples); err != nil {
			return err
		}
	}
	if err := publish(o, measure(o.systems, samples, warmup+o.rounds)); err != nil {
		return err
	}
	for _, t := range targets(samples) {
		fmt.Fprintln(os.Stderr, t)
	}
	return nil
}

// turns lets all systems take turns.
func (b *bench) turns(ctx context.Context, o options) (map[string][]sample, error) {
	samples := map[string][]sample{}
	p := progress{out: os.Stderr, all: o.repeats * len(o.systems)}
	for turn := range o.repeats {
		for _, s := range o.systems {
			folder := filepath.Join(b.dir, fmt.Sprintf("%s-%d", s.name(), turn+1))
			if err := os.MkdirAll(folder, 0o700); err != nil {
				return nil, err
			}
			all := warmup + o.rounds
			p.begin(s.name(), all)
			take := map[string]func(context.Context, system, string, int, func(int)) (sample, error){
				althing: b.sampleOurs, before: b.sampleBefore, deployment: b.sampleFlower, startServer: b.sampleFlower,
			}[s.What]
			r, err := take(ctx, s, folder, all, p.round)
			if err != nil {
				return nil, errors.Join(fmt.Errorf("%s: %w", s.name(), err), ctx.Err())
			}
			p.end(r)
			samples[s.name()] = append(samples[s.name()], r)
		}
	}
	return samples, nil
}

// progress shows the progress: on a terminal in one line that is overwritten, elsewhere in one
// line per sample.
type progress struct {
	out               *os.File
	done, all, rounds int
	name              string
}

func (p *progress) begin(name string, rounds int) {
	p.done++
	p.name, p.rounds = name, rounds
	p.round(0)
}

func (p *progress) round(n int) {
	if !term.IsTerminal(int(p.out.Fd())) {
		return
	}
	const width = 30
	filled := width * (p.done - 1) / p.all
	fmt.Fprintf(p.out, "\r\x1b[K%s%s %d of %d  %s, round %d of %d",
		strings.Repeat("█", filled), strings.Repeat("░", width-filled), p.done, p.all, p.name, min(n, p.rounds), p.rounds)
}

func (p *progress) end(r sample) {
	if term.IsTerminal(int(p.out.Fd())) {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	fmt.Fprintf(p.out, "%2d of %d  %s: %.3g s per round, %.0f MiB\n", p.done, p.all, p.name, median(seconds(r.Rounds)), r.Resident)
}
