package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// bar draws a progress bar on a terminal, and nothing elsewhere.
type bar struct {
	out       *os.File // nil if it is not a terminal
	done, all int      // runs
	what      string
}

func newBar(out *os.File) *bar {
	if !term.IsTerminal(int(out.Fd())) {
		out = nil
	}
	return &bar{out: out}
}

// tick counts a run.
func (b *bar) tick() {
	b.done++
	if b.out == nil {
		return
	}
	const width = 30
	filled := width * b.done / b.all
	fmt.Fprintf(b.out, "\r\x1b[K%s%s %d of %d runs  %s", strings.Repeat("█", filled), strings.Repeat("░", width-filled), b.done, b.all, b.what)
}

// clear removes the bar.
func (b *bar) clear() {
	if b.out != nil {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
