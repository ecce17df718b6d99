package demo

import (
	"fmt"
	"strings"
	"time"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

// Lines is a narrator for people. On a screen that can be redrawn it draws what goes on below
// the lines of what is done; into a pipe it prints only those lines. Command makes a command
// line out of its words after "althing", and quotes them.
func Lines(screen *terminal.Screen, command func(words ...string) string) Narrator {
	l := &lines{Screen: screen, command: command}
	if screen.Live {
		return &live{lines: l}
	}
	return l
}

// lines prints a line when something has happened.
type lines struct {
	*terminal.Screen
	command   func(words ...string) string
	scoreName string // what the score of the task's models is called
}

func (*lines) Registering(int, int, time.Duration) {}
func (*lines) Progress(Progress)                   {}
func (*lines) Comparing(int, int)                  {}
func (*lines) Voting([]view.Ballot)                {}

// Begins implements [Narrator].
func (l *lines) Begins(f *Folder) error {
	r := f.record
	var p view.Part
	p.Row("network", fmt.Sprintf("%s, %s, %s, %s, 1 consumer", view.Counted(r.Validators, "validator"), view.Counted(r.Trainers, "trainer"),
		view.Counted(r.Aggregators, "aggregator"), view.Counted(r.Evaluators, "evaluator")))
	p.Row("folder", f.Dir)
	p.Row("log", f.Log())
	if f.Warning != "" {
		p.Row("warning", view.Cell{Text: f.Warning, Tone: view.Bad})
	}
	if f.resumed {
		p.Row("resumed", "the network goes on where it was stopped")
	}
	return l.Page(view.Page{Parts: []view.Part{p}})
}

// Selected implements [Narrator].
func (l *lines) Selected(t spec.Task, first spec.Round, names map[uint64]string) error {
	l.scoreName = view.ScoreName(t.Spec.Model)
	goal := view.Counted(t.Spec.Target.Rounds, "round")
	if t.Spec.Target.Accuracy > 0 {
		goal = fmt.Sprintf("target %s in at most %s", t.Spec.Target.Accuracy, goal)
	}
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
	const namesShown = 5
	var p view.Part
	p.Row(fmt.Sprintf("task %d", t.ID), fmt.Sprintf("%s: %s, escrow %s", t.Spec.Name, goal, spec.Money(t.Spec.Escrow)))
	p.Row("train", view.Names(trainers, namesShown))
	p.Row("aggregate", view.Names(aggregators, namesShown))
	p.Row("evaluate", view.Names(evaluators, namesShown))
	return l.parts(p, view.Part{})
}

// parts prints parts of a page with an empty line before each.
func (l *lines) parts(parts ...view.Part) error {
	for _, p := range parts {
		if err := l.Print(""); err != nil {
			return err
		}
		if err := l.Page(view.Page{Parts: []view.Part{p}}); err != nil {
			return err
		}
	}
	return nil
}

// Round implements [Narrator].
func (l *lines) Round(e RoundEvent) error {
	label := fmt.Sprintf("round %3d", e.Round)
	if e.Phase == spec.PhaseAborted {
		if err := l.labelled(label, view.Cell{Text: e.AbortText(), Tone: e.Tone()}); err != nil {
			return err
		}
		return l.leftOut(e)
	}
	line := label + "  " + view.Quality(l.scoreName, e.Accuracy, e.Holdout)
	if e.Measures {
		line = label + "  " + view.Measured
	}
	rest := []string{fmt.Sprintf("%d/%d updates", e.Survivors, e.Trainers)}
	if e.Spent != nil {
		rest = append(rest, fmt.Sprintf("epsilon %.3f", e.Epsilon))
	}
	if e.earlier {
		rest = append(rest, "before the stop")
	} else {
		rest = append(rest, fmt.Sprintf("%.1f s", e.Seconds))
	}
	rest = append(rest, view.Counted(uint64(max(0, e.Blocks)), "block"))
	for _, part := range rest { // what has no room is left out, with all that follows it
		longer := line + "  " + part
		if l.Columns > 0 && len(longer) > l.Columns {
			break
		}
		line = longer
	}
	if err := l.Print(line); err != nil {
		return err
	}
	return l.leftOut(e)
}

// leftOut tells which trainers a round left out, and why.
func (l *lines) leftOut(e RoundEvent) error {
	if len(e.LeftOut) == 0 {
		return nil
	}
	return l.labelled(strings.Repeat(" ", len("round   1")), view.Cell{Text: "without " + view.LeftOutText(e.LeftOut, func(node uint64) string { return e.names[node] })})
}

// labelled prints a label and a text. A text that is too long for the screen continues on the
// next line, in its own column.
func (l *lines) labelled(label string, text view.Cell) error {
	var p view.Part
	p.Row(label, text)
	return l.Page(view.Page{Parts: []view.Part{p}})
}

// Proposal implements [Narrator].
func (l *lines) Proposal(e ProposalEvent) error {
	line := fmt.Sprintf("%s: %s", e.Title, e.outcome())
	if e.Reason == "" {
		line += fmt.Sprintf(" at height %d, %s voted", e.Height, spec.Share(e.Power, e.Total).Percent())
	}
	return l.labelled(fmt.Sprintf("vote  %3d", e.ID), view.Cell{Text: line, Tone: toneOf(e.Expected)})
}

// toneOf is good news, or bad news.
func toneOf(good bool) view.Tone {
	if good {
		return view.Good
	}
	return view.Bad
}

// Summary implements [Narrator].
func (l *lines) Summary(s Summary) error {
	if l.scoreName == "" { // a task without a round
		l.scoreName = s.scoreName
	}
	var parts []view.Part
	if len(s.Payouts) > 0 {
		parts = append(parts, payoutTable(s.Payouts))
	}
	if err := l.parts(append(parts, s.result(), s.files())...); err != nil {
		return err
	}
	if s.HoldoutPath != "" {
		if err := l.pasteable("try it", l.command("predict", "--model", s.ModelPath, "--input", s.HoldoutPath)); err != nil {
			return err
		}
	}
	return nil
}

// result is the part of the summary about the task: how it ended, how good the model is, and
// what it has cost.
func (s Summary) result() (p view.Part) {
	verdict := "target reached"
	switch {
	case len(s.Proposals) > 0 && s.TargetReached:
		verdict = "the effects of all votes were seen"
	case s.Target == 0 && s.TargetReached:
		verdict = "all rounds have run"
	case !s.TargetReached:
		verdict = "target not reached, task " + s.State
		if s.reason != "" {
			verdict += ": " + s.reason
		}
	}
	p.Row("result", view.Cell{Text: fmt.Sprintf("%s, after %s in %.1f s", verdict, view.Counted(s.Rounds, "round"), s.WallSeconds), Tone: toneOf(s.TargetReached)})
	if s.Accuracy == nil {
		p.Row("score", view.NotScored)
	} else {
		p.Row(s.scoreName, fmt.Sprintf("%s (median of the evaluators, round %d)", *s.Accuracy, s.ScoredRound))
	}
	if h := s.Holdout; h != nil {
		text := fmt.Sprintf("%s of %s", h.Accuracy, view.Counted(h.Rows, "row"))
		if len(h.Classes) > 0 {
			text += fmt.Sprintf(", balanced over the classes %s", h.Balanced)
		}
		p.Row("whole hold-out", text)
		var others []string
		if len(h.Classes) > 0 {
			others = append(others, fmt.Sprintf("always the largest class %s", h.Largest))
		}
		if s.BestSingleTrainer != nil {
			others = append(others, fmt.Sprintf("best trainer alone %s", *s.BestSingleTrainer))
		}
		if len(others) > 0 {
			p.Row("to compare", strings.Join(others, ", "))
		}
	}
	if s.Spent != nil {
		p.Row("privacy", s.Spent)
	}
	money := fmt.Sprintf("%s paid of %s, %s refunded", view.Thing(s.Paid), spec.Money(s.Escrow), view.Thing(s.Refunded))
	if s.Burned > 0 {
		money += fmt.Sprintf(", %s of bonds burned", view.Thing(s.Burned))
	}
	p.Row("money", money)
	for _, e := range s.Proposals {
		p.Row(fmt.Sprintf("proposal %d", e.ID), view.Cell{Text: e.Title + ": " + e.outcome(), Tone: toneOf(e.Expected)})
	}
	for _, f := range s.Faults {
		p.Row("fault", view.Cell{Text: fmt.Sprintf("%s (node %d): %s, first in round %d", f.Name, f.Node, f.Kind, f.Round), Tone: view.Bad})
	}
	switch {
	case !s.AppHashAgreed:
		p.Row("validators", view.Cell{Text: fmt.Sprintf("the %d DISAGREE on the state at height %d", s.Validators, s.Height), Tone: view.Bad})
	case s.Validators == 1:
		p.Row("validators", fmt.Sprintf("the only one is at height %d", s.Height))
	default:
		p.Row("validators", fmt.Sprintf("all %d agree on the state at height %d", s.Validators, s.Height))
	}
	return p
}

// files is the part of the summary about what is on the disk.
func (s Summary) files() (p view.Part) {
	if s.ModelPath != "" {
		p.Row("model", s.ModelPath)
		p.Row("sha256", s.Model)
		if s.HoldoutRows > 0 && s.scoreName != view.R2 {
			p.Row("", fmt.Sprintf("right about %d of %s of one evaluator", s.HoldoutCorrect, view.Counted(s.HoldoutRows, "hold-out row")))
		}
	}
	p.Row("folder", s.Home)
	p.Row("log", s.log)
	return p
}

// pasteable prints a label and a command line. Where it is too long for the screen, it is
// broken before its flags, so that it can still be pasted into a shell.
func (l *lines) pasteable(label, command string) error {
	const indent = "    "
	line := fmt.Sprintf("%s  %s", label, command)
	if l.Columns == 0 || len(line) <= l.Columns {
		return l.Print(line)
	}
	if err := l.Print(label); err != nil {
		return err
	}
	line = indent
	for i, word := range strings.Split(command, " --") {
		if i > 0 {
			word = "--" + word
		}
		if line != indent && len(line)+len(word)+len(` \`) > l.Columns {
			if err := l.Print(line + `\`); err != nil {
				return err
			}
			line = indent + "  "
		}
		line += word + " "
	}
	return l.Print(strings.TrimRight(line, " "))
}
