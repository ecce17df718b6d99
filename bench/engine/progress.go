package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// progress draws a progress bar on a terminal, and nothing elsewhere.
type progress struct {
	out       *os.File // nil if it is not a terminal
	done, all int
	what      string
}

func newProgress(out *os.File, all int) *progress {
	if !term.IsTerminal(int(out.Fd())) {
		out = nil
	}
	return &progress{out: out, all: all}
}

// next sets the text for the following slices.
func (p *progress) next(what string) { p.what = what }

// tick counts a slice.
func (p *progress) tick() {
	p.done++
	if p.out == nil {
		return
	}
	const width = 30
	filled := width * p.done / max(p.all, 1)
	fmt.Fprintf(p.out, "\r\x1b[K%s%s %3d%%  %s", strings.Repeat("█", filled), strings.Repeat("░", width-filled), 100*p.done/max(p.all, 1), p.what)
}

// clear removes the bar.
func (p *progress) clear() {
	if p.out != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
