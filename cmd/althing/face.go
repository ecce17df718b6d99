package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/guptarohit/asciigraph"
	"golang.org/x/term"

	"github.com/althing-network/althing/spec"
)

// face is how a demonstration is shown.
type face interface {
	waiting(registered, all int)
	selected(task spec.Task, names map[uint64]string)
	progress(task spec.Task, r spec.Round)
	round(e roundEvent)
	summary(s summary)
}

// face picks one: JSON lines, a live terminal, or plain lines.
func (s *session) face(n network, dir string) face {
	if s.json {
		return lines{json.NewEncoder(s.out)}
	}
	p := &plain{out: s.out}
	fmt.Fprintf(s.out, "Althing: %d validators, %d trainers, %d aggregators, %d evaluators, 1 consumer\nhome folders and logs: %s\n",
		n.validators, n.trainers, n.aggregators, n.evaluators, dir)
	if f, ok := s.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &live{plain: p}
	}
	return p
}

// lines prints one JSON object a line.
type lines struct{ *json.Encoder }

func (lines) waiting(int, int)                      {}
func (lines) selected(spec.Task, map[uint64]string) {}
func (lines) progress(spec.Task, spec.Round)        {}
func (l lines) round(e roundEvent)                  { _ = l.Encode(e) }
func (l lines) summary(s summary)                   { _ = l.Encode(s) }

// plain prints a line when something has happened.
type plain struct{ out io.Writer }

func (*plain) waiting(int, int)               {}
func (*plain) progress(spec.Task, spec.Round) {}

func (p *plain) selected(t spec.Task, names map[uint64]string) {
	fmt.Fprintf(p.out, "\ntask %d  %s: target %s in at most %d rounds, escrow %s THING\n",
		t.ID, t.Spec.Name, t.Spec.Target.Accuracy, t.Spec.Target.Rounds, inThing(t.Spec.Escrow))
	fmt.Fprintf(p.out, "aggregate %s\nevaluate  %s\n\n", list(t.Aggregators, names), list(t.Evaluators, names))
}

func (p *plain) round(e roundEvent) {
	if e.Phase == spec.PhaseAborted {
		fmt.Fprintf(p.out, "round %3d  aborted: %s\n", e.Round, e.Reason)
		return
	}
	fmt.Fprintf(p.out, "round %3d  accuracy %-8s  %d of %d updates  %d blocks  %.1f s (training %.2f s)\n",
		e.Round, spec.PPM(e.Accuracy), e.Survivors, e.Trainers, e.Blocks, e.Seconds, e.TrainSeconds)
}

func (p *plain) summary(s summary) {
	verdict := "target reached"
	if !s.TargetReached {
		verdict = "target not reached (" + s.State + ")"
	}
	fmt.Fprintf(p.out, "\n%s after %d rounds: accuracy %s, best trainer alone %s\n", verdict, s.Rounds, spec.PPM(s.Accuracy), spec.PPM(s.BestSingleTrainer))
	fmt.Fprintf(p.out, "paid %s THING of %s, refunded %s\n", inThing(s.Paid), inThing(s.Escrow), inThing(s.Refunded))
	agreed := "all %d validators agree at height %d\n"
	if !s.AppHashAgreed {
		agreed = "the %d validators DISAGREE at height %d\n"
	}
	fmt.Fprintf(p.out, agreed, s.Validators, s.Height)
	for _, f := range s.Faults {
		fmt.Fprintf(p.out, "fault: %s (node %d), %s in %d rounds\n", f.Name, f.Node, f.Kind, f.Rounds)
	}
	if s.ModelPath != "" {
		fmt.Fprintf(p.out, "\nmodel   %s\n        sha256 %s\ntry it  althing predict --model %s --input %s\n", s.ModelPath, s.Model, s.ModelPath, s.HoldoutPath)
	}
	fmt.Fprintf(p.out, "%.1f s in all\n", s.WallSeconds)
}

func list(members []spec.Member, names map[uint64]string) string {
	var out []string
	for _, m := range members {
		out = append(out, names[m.Node])
	}
	return strings.Join(out, " ")
}

// inThing is an amount of uthing for people.
func inThing(uthing uint64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%06d", uthing/thing, uthing%thing), "0"), ".")
}

// live redraws what goes on below the lines of what is done.
type live struct {
	*plain
	scores []float64
	drawn  int // lines of the living part
}

func (l *live) waiting(registered, all int) {
	l.draw(fmt.Sprintf("nodes   %s %d of %d registered", bar(registered, all), registered, all))
}

func (l *live) selected(t spec.Task, names map[uint64]string) {
	l.draw()
	l.plain.selected(t, names)
}

func (l *live) round(e roundEvent) {
	l.draw()
	l.plain.round(e)
	if e.Phase == spec.PhaseSettled {
		l.scores = append(l.scores, float64(e.Accuracy)/float64(spec.One))
	}
}

func (l *live) summary(s summary) {
	l.draw(l.chart()...)
	l.drawn = 0
	l.plain.summary(s)
}

func (l *live) progress(t spec.Task, r spec.Round) {
	if r.Phase.Final() {
		return
	}
	done, all := answers(r)
	const phases = int(spec.PhaseOpen)
	share := 100 * (int(r.Phase) - 1)
	if all > 0 {
		share += 100 * done / all
	}
	l.draw(append(l.chart(), fmt.Sprintf("round %3d  %s %-9s %d of %d", r.Number, bar(share, 100*phases), r.Phase, done, all))...)
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
		if r.Phase == spec.PhaseTrain {
			count(t.Height)
		}
	}
	for _, a := range r.Aggregates {
		switch r.Phase {
		case spec.PhaseAttest:
			count(a.Attested)
		case spec.PhaseAggregate:
			count(a.Committed)
		case spec.PhaseReveal:
			count(a.Revealed)
		}
	}
	for _, e := range r.Scores {
		switch r.Phase {
		case spec.PhaseScore:
			count(e.Committed)
		case spec.PhaseOpen:
			count(e.Revealed)
		}
	}
	return done, all
}

func (l *live) chart() []string {
	if len(l.scores) < 2 {
		return nil
	}
	plot := asciigraph.Plot(l.scores, asciigraph.Height(6), asciigraph.Width(min(60, 4*len(l.scores))), asciigraph.Precision(3), asciigraph.Caption("accuracy by round"))
	return append(append([]string{""}, strings.Split(plot, "\n")...), "")
}

// draw replaces the living part.
func (l *live) draw(text ...string) {
	if l.drawn > 0 {
		fmt.Fprintf(l.out, "\x1b[%dA\x1b[J", l.drawn)
	}
	for _, line := range text {
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
