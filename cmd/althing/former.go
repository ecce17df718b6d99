package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/terminal"
	neutral "github.com/althing-network/althing/view"
)

// choice lists words for a help text.
func choice(words []spec.Word) string { return demo.Choice(words) }

func counted(n uint32, thing string) string { return neutral.Counted(n, thing) }

func inThing(uthing uint64) string { return neutral.Thing(uthing) }

func brief(names []string, room int) string { return neutral.Names(names, room) }

func bar(done, all int) string {
	const width = 30
	full := 0
	if all > 0 {
		full = min(width, width*done/all)
	}
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "]"
}

// answers counts who has done its part in the running phase.
func answers(r spec.Round) (done, all int) { return neutral.Answered(r) }

// live redraws the last line of a terminal.
type live struct {
	out   io.Writer
	drawn int
}

func (l *live) draw(text ...string) {
	if l.drawn > 0 {
		fmt.Fprintf(l.out, "\x1b[%dA\x1b[J", l.drawn)
	}
	for _, line := range text {
		fmt.Fprintln(l.out, line)
	}
	l.drawn = len(text)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// screen is the terminal or the pipe that a command prints to.
func (s *session) screen() *terminal.Screen {
	screen := terminal.New(s.stdout, os.Getenv)
	screen.Out = s.out
	return screen
}

func (s *session) terminal() bool { return s.screen().Live }
