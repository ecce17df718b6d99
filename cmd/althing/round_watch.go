package main

import (
	"context"
	"errors"
	"fmt"
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
	if s.json {
		screen.Live = false
	}
	waiting := waitLine{screen: screen, tell: s.tell, lastBlock: time.Now()}
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
	return screen.PrintWrapped(v.Tone(), view.EndedRoundIndent, v.Lines(view.ScoreName(t.Spec.Model), origins.Of(t, r.Base))...)
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

// waitLine says what a task that is followed waits for: in the last lines of a terminal, which
// are redrawn, else in notes.
type waitLine struct {
	screen    *terminal.Screen
	tell      func(format string, args ...any) // writes a note, where lines cannot be redrawn
	lastNote  time.Time                        // when the last note was written
	text      string                           // what goes on
	lastRead  time.Time                        // when it was read last what the task waits for
	lastBlock time.Time                        // when the newest block was seen
}

// noteInterval is the least time between two notes.
const noteInterval = time.Minute

// longSilence is how long a chain may be without a new block before somebody is told.
const longSilence = 5 * time.Second

// update reads what the task does now.
func (w *waitLine) update(ctx context.Context, c *client.Client, t spec.Task) {
	state := fmt.Sprintf("task %d is %s", t.ID, t.State)
	if t.State.Final() {
		w.text = state
		return
	}
	r, err := c.Round(ctx, t.ID, t.Round)
	if err != nil || r.Phase.Final() { // no round runs
		const pause = 2 * time.Second // between two lists of all nodes
		if time.Since(w.lastRead) < pause {
			return
		}
		w.lastRead, w.text = time.Now(), state
		if waits, err := view.ReadWaitsFor(ctx, c, t); err == nil && len(waits) > 0 {
			w.text += ", waits for " + strings.Join(waits, "; ")
			w.note()
		}
		return
	}
	answered, wanted := view.Answered(r)
	done, all := view.Progress(r)
	w.text = w.screen.Bar(view.Bar{
		Label: fmt.Sprintf("round %3d", r.Number), Done: done, All: all,
		Text: fmt.Sprintf("%-9s %d of %d", r.Phase, answered, wanted),
	}, 0).Text
}

// note writes what the task waits for, where lines cannot be redrawn.
func (w *waitLine) note() {
	if w.screen.Live || time.Since(w.lastNote) < noteInterval {
		return
	}
	w.lastNote = time.Now()
	w.tell("althing: note: %s", w.text)
}

// draw redraws the line, and below it for how long there has been no new block.
func (w *waitLine) draw() {
	var lines []view.Cell
	if w.text != "" {
		lines = view.Cells(w.screen.Wrap(w.text)...)
	}
	if silence := time.Since(w.lastBlock); silence >= longSilence {
		lines = append(lines, view.Cell{Text: fmt.Sprintf("no new block for %d s", int(silence.Seconds())), Tone: view.Bad})
	}
	if len(lines) > 0 {
		w.screen.Redraw(lines...)
	}
}
