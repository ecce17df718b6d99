package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/term"
)

// line shows the progress of a trial: on a terminal in one line that is overwritten,
// elsewhere in a new line every 25 rounds.
type line struct {
	w        io.Writer
	terminal bool
	name     string
	rounds   int
	best     float64
}

func newLine(w io.Writer, name string, rounds int) *line {
	f, ok := w.(*os.File)
	return &line{w: w, terminal: ok && term.IsTerminal(int(f.Fd())), name: name, rounds: rounds}
}

func (l *line) show(round int, accuracy float64) {
	l.best = max(l.best, accuracy)
	const logInterval, width = 25, 20
	if !l.terminal {
		if round > 0 && round%logInterval == 0 {
			fmt.Fprintf(l.w, "%s: round %d of %d, accuracy %.4f, best %.4f\n", l.name, round, l.rounds, accuracy, l.best)
		}
		return
	}
	full := round * width / max(1, l.rounds)
	bar := append(slices.Repeat([]rune{'█'}, full), slices.Repeat([]rune{'░'}, width-full)...)
	fmt.Fprintf(l.w, "\r\x1b[K%s %s %d of %d rounds, accuracy %.4f, best %.4f", l.name, string(bar), round, l.rounds, accuracy, l.best)
}

// clear removes the line.
func (l *line) clear() {
	if l.terminal {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}

// end prints the result of a trial.
func (l *line) end(t trial) {
	l.clear()
	rounds, reached := t.rounds()
	switch {
	case t.Diverged != "":
		fmt.Fprintf(l.w, "%s: %s\n", l.name, t.Diverged)
	case reached:
		fmt.Fprintf(l.w, "%s: %s in %.1f rounds, %.0f s\n", l.name, t.Target, rounds, t.Seconds)
	default:
		fmt.Fprintf(l.w, "%s: %.4f after %d rounds, %.0f s\n", l.name, t.best(), t.Cap, t.Seconds)
	}
}
