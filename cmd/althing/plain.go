package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/althing-network/althing/spec"
)

// plain prints a line when something has happened.
type plain struct {
	out  io.Writer
	what string // what the score of the task's models is called
}

func (*plain) waiting(int, int)               {}
func (*plain) progress(spec.Task, spec.Round) {}
func (*plain) alone(int, int)                 {}
func (*plain) voting([]ballot)                {}

func (p *plain) selected(t spec.Task, first spec.Round, names map[uint64]string) {
	p.what = figureOf(t.Spec.Model)
	goal := fmt.Sprintf("%d rounds", t.Spec.Target.Rounds)
	if t.Spec.Target.Accuracy > 0 {
		goal = fmt.Sprintf("target %s in at most %s", t.Spec.Target.Accuracy, goal)
	}
	fmt.Fprintf(p.out, "\ntask %d  %s: %s, escrow %s THING\n", t.ID, t.Spec.Name, goal, inThing(t.Spec.Escrow))
	var trainers, aggregators, evaluators []string
	for _, c := range first.Trainers {
		trainers = append(trainers, names[c.Node])
	}
	for _, m := range t.Aggregators {
		aggregators = append(aggregators, names[m.Node])
	}
	for _, m := range t.Evaluators {
		evaluators = append(evaluators, names[m.Node])
	}
	fmt.Fprintf(p.out, "selected to train      %s\n            aggregate  %s\n            evaluate   %s\n\n",
		brief(trainers, 5), brief(aggregators, 4), brief(evaluators, 4))
}

func (p *plain) round(e roundEvent) {
	if e.Phase == spec.PhaseAborted {
		fmt.Fprintf(p.out, "round %3d  %s\n", e.Round, aborted(e.Reason, e.Survivors, e.Paid))
		p.without(e)
		return
	}
	made := howGood(p.what, e.Accuracy, e.Holdout)
	if e.Measures {
		made = measured
	}
	fmt.Fprintf(p.out, "round %3d  %s  %d/%d updates", e.Round, made, e.Survivors, e.Trainers)
	if e.promised != nil { // instead of the blocks: a line has 80 columns
		fmt.Fprintf(p.out, "  %.1f s  epsilon %.3f\n", e.Seconds, e.Epsilon)
	} else {
		fmt.Fprintf(p.out, "  %d blocks  %.1f s\n", e.Blocks, e.Seconds)
	}
	p.without(e)
}

func (p *plain) motion(e motionEvent) {
	fmt.Fprintf(p.out, "vote  %3d  %s: %s", e.ID, e.Title, e.outcome())
	if e.Reason == "" {
		fmt.Fprintf(p.out, " at height %d, %s voted", e.Height, spec.Share(e.Power, e.Total).Percent())
	}
	fmt.Fprintln(p.out)
}

// without tells which trainers a round did without, and why.
func (p *plain) without(e roundEvent) {
	if len(e.LeftOut) > 0 {
		fmt.Fprintf(p.out, "           without %s\n", without(e.LeftOut, func(node uint64) string { return e.names[node] }))
	}
}

func (p *plain) summary(s summary) {
	p.earned(s.Payouts)
	verdict := "target reached"
	switch {
	case len(s.Proposals) > 0 && s.TargetReached:
		verdict = "all votes show"
	case s.Target == 0 && s.TargetReached:
		verdict = "all rounds run"
	case !s.TargetReached:
		verdict = "target not reached (" + s.State + ")"
	}
	fmt.Fprintf(p.out, "\n%s after %s: ", verdict, counted(s.Rounds, "round"))
	if s.Accuracy == nil {
		fmt.Fprint(p.out, notScored)
	} else {
		fmt.Fprintf(p.out, "%s %s (median, round %d)", p.what, *s.Accuracy, s.ScoredRound)
	}
	fmt.Fprintln(p.out)
	p.holdout(s)
	if s.promised != nil {
		fmt.Fprintln(p.out, s.promised)
	}
	fmt.Fprintf(p.out, "paid %s THING of %s, refunded %s", inThing(s.Paid), inThing(s.Escrow), inThing(s.Refunded))
	if s.Burned > 0 {
		fmt.Fprintf(p.out, ", burned %s of bonds", inThing(s.Burned))
	}
	fmt.Fprintln(p.out)
	for _, e := range s.Proposals {
		fmt.Fprintf(p.out, "proposal %d: %s, %s\n", e.ID, e.Title, e.outcome())
	}
	agreed := "all %d validators agree at height %d\n"
	if !s.AppHashAgreed {
		agreed = "the %d validators DISAGREE at height %d\n"
	}
	fmt.Fprintf(p.out, agreed, s.Validators, s.Height)
	for _, f := range s.Faults {
		fmt.Fprintf(p.out, "fault: %s (node %d), %s, first in round %d\n", f.Name, f.Node, f.Kind, f.Round)
	}
	if s.ModelPath != "" {
		fmt.Fprintf(p.out, "\nmodel   %s\n        sha256 %s\n", s.ModelPath, s.Model)
		if p.what != figureR2 {
			fmt.Fprintf(p.out, "        %d of %d hold-out rows of one evaluator are right\n", s.HoldoutCorrect, s.HoldoutRows)
		}
		fmt.Fprintf(p.out, "try it  althing predict --model %s --input %s\n", s.ModelPath, s.HoldoutPath)
	}
	fmt.Fprintf(p.out, "%.1f s in all\n", s.WallSeconds)
}

// holdout tells how good the model is on the rows of all evaluators, and what it has to be
// better than.
func (p *plain) holdout(s summary) {
	h := s.Holdout
	if h == nil {
		return
	}
	fmt.Fprintf(p.out, "whole hold-out  %s of %d rows", h.Accuracy, h.Rows)
	if len(h.Classes) > 0 {
		fmt.Fprintf(p.out, ", balanced over the classes %s", h.Balanced)
	}
	fmt.Fprintln(p.out)
	var lines []string
	if len(h.Classes) > 0 {
		lines = append(lines, fmt.Sprintf("always the largest class %s", h.Largest))
	}
	if s.BestSingleTrainer != nil {
		lines = append(lines, fmt.Sprintf("best trainer alone %s", *s.BestSingleTrainer))
	}
	if len(lines) > 0 {
		fmt.Fprintf(p.out, "to compare      %s\n", strings.Join(lines, ", "))
	}
}

// brief lists as many names as there is room for, and counts the rest.
func brief(names []string, room int) string {
	slices.Sort(names)
	if len(names) > room {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:room], " "), len(names)-room)
	}
	return strings.Join(names, " ")
}

// counted is a number of things in words.
func counted(n uint32, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// inThing is an amount of uthing for people.
func inThing(uthing uint64) string {
	return spec.Amount(uthing).String()
}
