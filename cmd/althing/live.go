package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/guptarohit/asciigraph"

	"github.com/althing-network/althing/spec"
)

// live redraws what goes on below the lines of what is done.
type live struct {
	*plain
	scores []float64
	spent  *promised // of a private task
	open   []ballot  // that run
	drawn  int       // lines of the living part
	since  time.Time
	phase  string // what began then
}

func (l *live) waiting(registered, all int) {
	l.draw(fmt.Sprintf("nodes   %s %d of %d registered", bar(registered, all), registered, all))
}

func (l *live) selected(t spec.Task, first spec.Round, names map[uint64]string) {
	l.draw()
	l.plain.selected(t, first, names)
}

func (l *live) round(e roundEvent) {
	l.draw()
	l.plain.round(e)
	l.spent = e.promised
	if e.Accuracy != nil {
		l.scores = append(l.scores, float64(*e.Accuracy)/float64(spec.One))
	}
}

func (l *live) voting(open []ballot) { l.open = open }

func (l *live) motion(e motionEvent) {
	l.draw()
	l.plain.motion(e)
}

func (l *live) summary(s summary) {
	chart := l.chart()
	l.draw(chart[:max(0, len(chart)-1)]...) // what follows begins with an empty line
	l.drawn = 0
	l.plain.summary(s)
}

func (l *live) progress(t spec.Task, r spec.Round) {
	if r.Phase.Final() {
		return
	}
	done, all := answers(r)
	running := slices.DeleteFunc(spec.Phases(), func(p spec.Phase) bool { return p.Final() || p == spec.PhaseProve && r.Phase != p })
	share := 100 * slices.Index(running, r.Phase)
	if all > 0 {
		share += 100 * done / all
	}
	text := append(l.chart(), fmt.Sprintf("round %3d  %s %-9s %d of %d%s", r.Number, bar(share, 100*len(running)), r.Phase, done, all,
		l.waited(fmt.Sprint(r.Number, r.Phase))))
	for _, v := range l.open {
		text = append(text, v.brief()...)
	}
	l.draw(text...)
}

func (l *live) alone(done, all int) {
	l.draw(append(l.chart(), fmt.Sprintf("to compare %s %d of %d trained alone%s", bar(done, all), done, all, l.waited("alone")))...)
}

// waited says for how long a phase has run, if anybody could wonder.
func (l *live) waited(phase string) string {
	if phase != l.phase {
		l.phase, l.since = phase, time.Now()
	}
	if took := time.Since(l.since); took >= 2*time.Second {
		return fmt.Sprintf(", %d s", int(took.Seconds()))
	}
	return ""
}

// answers counts who has done its part in the running phase.
func answers(r spec.Round) (done, all int) {
	count := func(height int64) {
		all++
		if height > 0 {
			done++
		}
	}
	for _, t := range r.Trainers {
		if r.Phase == spec.PhaseTrain && t.Declined == "" {
			count(t.Height)
		}
	}
	if r.Phase == spec.PhaseProve {
		return int(r.Proofs), int(r.Unheld)
	}
	for _, a := range r.Aggregates {
		switch r.Phase {
		case spec.PhaseAttest:
			count(a.Attested)
		case spec.PhaseAggregate:
			count(a.Committed)
		case spec.PhaseReveal:
			count(a.Revealed)
		default: // aggregators have nothing to answer
		}
	}
	for _, e := range r.Scores {
		switch r.Phase {
		case spec.PhaseScore:
			count(e.Committed)
		case spec.PhaseOpen:
			count(e.Revealed)
		default: // evaluators have nothing to answer
		}
	}
	return done, all
}

func (l *live) chart() []string {
	if len(l.scores) < 2 {
		return nil
	}
	plot := asciigraph.Plot(l.scores, asciigraph.Height(6), asciigraph.Width(min(60, 4*len(l.scores))), asciigraph.Precision(3), asciigraph.Caption(l.what+" by round"))
	lines := append([]string{""}, strings.Split(plot, "\n")...)
	if l.spent != nil {
		lines = append(lines, "", l.spent.bar())
	}
	return append(lines, "")
}

// draw replaces the living part.
func (l *live) draw(text ...string) {
	if l.drawn > 0 {
		fmt.Fprintf(l.out, "\x1b[%dA\x1b[J", l.drawn)
	}
	for _, line := range text {
		const columns = 80 // a line that goes on in the next one would not be drawn over
		if runes := []rune(line); len(runes) > columns {
			line = string(runes[:columns])
		}
		fmt.Fprintln(l.out, line)
	}
	l.drawn = len(text)
}

func bar(done, all int) string {
	const width = 30
	full := 0
	if all > 0 {
		full = min(width, width*done/all)
	}
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "]"
}
