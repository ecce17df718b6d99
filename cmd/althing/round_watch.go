package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

func (s *session) roundWatch() *cobra.Command {
	return &cobra.Command{
		Use:     "watch TASK",
		Short:   "Follow a task until it closes, one line per round",
		Example: "  althing round watch 1\n  althing round watch 1 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := s.findTask(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.watch(cmd.Context(), c, t.ID)
		},
	}
}

// watch follows a task until it closes. It goes on when nodes restart: while no node answers,
// it asks again.
func (s *session) watch(ctx context.Context, c *client.Client, task uint64) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	screen := s.screen()
	defer screen.Erase()
	waiting := waitLine{screen: screen, errors: s.err, since: time.Now(), lastBlock: time.Now()}
	if s.json {
		screen.Live, waiting.errors = false, nil
	}
	ticks := time.NewTicker(time.Second)
	defer ticks.Stop()
	heights := c.Heights(ctx)
	shown, origins := uint64(0), view.Origins{}
	for {
		select {
		case _, more := <-heights:
			if !more {
				return hinted{ctx.Err(), s.command("round watch", fmt.Sprint(task))}
			}
			waiting.lastBlock = time.Now()
		case <-ticks.C:
			waiting.draw()
			continue
		}
		t, rounds, err := endedRounds(ctx, c, task, shown)
		if _, refused := errors.AsType[*client.Refusal](err); refused {
			return err
		}
		for _, r := range rounds {
			if err := s.showEndedRound(screen, t, r, origins); err != nil {
				return err
			}
			origins.Add(r)
			shown = r.Number
		}
		if err == nil && t.State.Final() && shown == t.Round {
			screen.Erase()
			return s.showClosedTask(ctx, c, t)
		}
		if err == nil {
			waiting.update(ctx, c, t)
		}
		waiting.draw()
	}
}

// endedRounds reads a task, and those of its rounds that have ended after the one with number
// shown. With an error it returns the rounds that it has read.
func endedRounds(ctx context.Context, c *client.Client, task, shown uint64) (spec.Task, []spec.Round, error) {
	t, err := c.Task(ctx, task)
	if err != nil {
		return t, nil, err
	}
	var rounds []spec.Round
	for n := shown + 1; n <= t.Round; n++ {
		r, err := c.Round(ctx, task, n)
		if err != nil || !r.Phase.Final() {
			return t, rounds, err
		}
		rounds = append(rounds, r)
	}
	return t, rounds, nil
}

// showEndedRound prints one line about a round that has ended, and another where trainers
// were left out.
func (s *session) showEndedRound(screen *terminal.Screen, t spec.Task, r spec.Round, origins view.Origins) error {
	v := view.EndedRoundOf(r)
	if s.json {
		return s.line(v)
	}
	tone := view.Neutral
	if r.Phase == spec.PhaseAborted {
		tone = view.Bad
	}
	return screen.PrintTone(tone, v.Lines(view.ScoreName(t.Spec.Model), origins.Of(t, r.Base))...)
}

func (s *session) showClosedTask(ctx context.Context, c *client.Client, t spec.Task) error {
	v, err := view.ReadClosedTask(ctx, c, t)
	if err != nil {
		return err
	}
	if !s.json {
		fmt.Fprintln(s.out)
	}
	return s.show(v)
}

// waitLine says what a task waits for while it is followed: in the last line of a terminal,
// which is redrawn, or on the error stream.
type waitLine struct {
	screen    *terminal.Screen
	errors    io.Writer // of a pipe: gets what the task has waited for a while; nil with --json
	text      string    // what goes on
	read      time.Time // when text was read last
	since     time.Time // when text last changed
	reported  bool      // text was written to errors
	lastBlock time.Time // when the newest block was seen
}

const (
	silentChain = 5 * time.Second  // without a new block before a terminal shows it
	longWait    = 30 * time.Second // for the same before it is written to the error stream
)

// update reads what the task does now.
func (w *waitLine) update(ctx context.Context, c *client.Client, t spec.Task) {
	before := w.text
	defer func() {
		if w.text != before {
			w.since, w.reported = time.Now(), false
		}
	}()
	state := fmt.Sprintf("task %d is %s", t.ID, t.State)
	if !w.screen.Live && w.errors == nil || t.State.Final() {
		w.text = state
		return
	}
	r, err := c.Round(ctx, t.ID, t.Round)
	if err != nil || r.Phase.Final() { // no round runs
		const pause = 2 * time.Second // between two lists of all nodes
		if time.Since(w.read) < pause {
			return
		}
		w.read, w.text = time.Now(), state
		if waits, err := view.ReadWaitsFor(ctx, c, t); err == nil && len(waits) > 0 {
			w.text += ", waits for " + strings.Join(waits, "; ")
		}
		return
	}
	if w.text = ""; !w.screen.Live {
		return // a round may take long
	}
	answered, wanted := view.Answered(r)
	done, all := view.Progress(r)
	w.text = w.screen.Bar(view.Bar{
		Label: fmt.Sprintf("round %3d", r.Number), Done: done, All: all,
		Text: fmt.Sprintf("%-9s %d of %d", r.Phase, answered, wanted),
	}, 0)
}

// draw redraws the line, or writes it to the error stream once after a long wait.
func (w *waitLine) draw() {
	line := w.text
	if waited := time.Since(w.lastBlock); waited >= silentChain {
		if line != "" {
			line += ", "
		}
		line += fmt.Sprintf("no new block for %d s", int(waited.Seconds()))
	}
	if !w.screen.Live {
		if waits := max(time.Since(w.since), time.Since(w.lastBlock)) >= longWait; waits && !w.reported && w.errors != nil && line != "" {
			w.reported = true
			fmt.Fprintln(w.errors, w.screen.Plain(line))
		}
		return
	}
	if line != "" {
		w.screen.Redraw(line)
	}
}
