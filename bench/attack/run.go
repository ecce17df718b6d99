package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// bench is what all measurements share.
type bench struct {
	options
	self     string
	progress progress
}

// run measures all attacks and publishes the results.
func run(ctx context.Context, o options) (err error) {
	b := bench{options: o}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "althing-bench-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
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
	programs := []string{b.program}
	if b.before != "" {
		programs = append(programs, b.before)
	}
	b.progress = progress{out: os.Stderr, all: len(programs) * len(o.attacks) * 2 * o.turns}
	var all []measurement
	for _, a := range o.attacks {
		for i, program := range programs {
			m, err := b.measure(ctx, a, program, i > 0)
			if err != nil {
				return errors.Join(fmt.Errorf("%s: %w", a.name, err), ctx.Err())
			}
			all = append(all, m)
		}
	}
	if err := publish(o, all); err != nil {
		return err
	}
	for _, m := range all {
		if least := m.least(); !m.Before && least < targetShare {
			fmt.Fprintf(os.Stderr, "missed: %s leaves %.0f%% of the speed, want %.0f%%\n", m.Attack, 100*least, 100*targetShare)
		}
	}
	return nil
}

// targetShare is the share of its quiet speed that a network should keep under attack.
const targetShare = 0.9

// settleTime is the pause between quiet and attacked times, so that pending requests are
// answered.
const settleTime = 2 * time.Second

// measure measures one attack on a new network.
func (b *bench) measure(ctx context.Context, a attack, program string, before bool) (m measurement, err error) {
	folder := filepath.Join(b.dir, a.name)
	if before {
		folder += "-before"
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return m, err
	}
	ctx, end := context.WithCancel(ctx)
	var open sync.WaitGroup
	defer open.Wait()
	defer end()
	n, err := startNetwork(ctx, program, folder, b.commit, a, before)
	if n != nil {
		defer n.stop()
	}
	if err != nil {
		return m, err
	}
	p, err := n.newPayer(ctx, "evaluator-1")
	if err != nil {
		return m, err
	}
	open.Go(func() { p.pay(ctx) })
	var quiet, attacked []span
	for range b.turns {
		s, err := b.window(ctx, n, a, "quiet")
		if err != nil {
			return m, err
		}
		quiet = append(quiet, s)
		stop, err := n.attacking(a, b.self, folder)
		if err != nil {
			return m, err
		}
		s, err = b.window(ctx, n, a, "attacked")
		stop()
		if err != nil {
			return m, err
		}
		attacked = append(attacked, s)
	}
	if err := wait(ctx, n, settleTime); err != nil {
		return m, err
	}
	blocks, err := n.blocks(ctx)
	if err != nil {
		return m, err
	}
	rounds, stopped, err := n.rounds(ctx, blocks)
	if err != nil {
		return m, err
	}
	if len(rounds) == 0 {
		return m, fmt.Errorf("no round was settled: see the logs in %s", folder)
	}
	m = measurement{Attack: a.name, title: a.title, Before: before, Turns: b.turns, Stopped: stopped}
	m.Blocks, m.Rounds, m.Paid = compare(blocks, quiet, attacked), compare(rounds, quiet, attacked), compare(p.paid(), quiet, attacked)
	b.progress.say(m)
	return m, nil
}

// window waits for one quiet or attacked time, after a pause.
func (b *bench) window(ctx context.Context, n *network, a attack, what string) (s span, err error) {
	b.progress.begin(a.name + ", " + what)
	if err := wait(ctx, n, settleTime); err != nil {
		return s, err
	}
	s.from = time.Now()
	err = wait(ctx, n, b.options.window)
	s.to = time.Now()
	return s, err
}

// wait waits for a time. It returns an error if a process of the network ends.
func wait(ctx context.Context, n *network, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-n.running.Ended:
		return err
	case <-time.After(d):
		return nil
	}
}

// progress draws a progress bar on a terminal.
type progress struct {
	out       *os.File
	done, all int
}

func (p *progress) begin(what string) {
	p.done++
	if !term.IsTerminal(int(p.out.Fd())) {
		return
	}
	const width = 30
	filled := width * (p.done - 1) / p.all
	fmt.Fprintf(p.out, "\r\x1b[K%s%s %d of %d  %s",
		strings.Repeat("█", filled), strings.Repeat("░", width-filled), p.done, p.all, what)
}

func (p *progress) say(m measurement) {
	if term.IsTerminal(int(p.out.Fd())) {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	fmt.Fprintf(p.out, "%s: %s\n", m.name(), strings.Join(m.cells()[1:], ", "))
}
