package view

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// TaskFile is a task file without mistakes.
type TaskFile struct {
	Event      string        `json:"event"`
	File       string        `json:"file"`
	Parameters int           `json:"parameters"`
	Asked      int           `json:"asked"`            // trainers per round, backups included
	PerRound   uint64        `json:"per_round_uthing"` // what a settled round pays
	Spec       spec.TaskSpec `json:"spec"`
}

// TaskFileOf is what a task file asks for.
func TaskFileOf(file string, t spec.TaskSpec) (TaskFile, error) {
	parameters, err := model.Size(t.Model)
	return TaskFile{"checked", file, parameters, t.Selection.Asked(), t.PerRound(), t}, err
}

// Page shows what the task file asks for.
func (f TaskFile) Page() Page {
	var p Part
	p.Row("name", f.Spec.Name)
	p.ruleRows(f.Spec)
	return of(p)
}

// ruleRows are the rows about what a task asks for.
func (p *Part) ruleRows(t spec.TaskSpec) {
	p.Row("model", Architecture(t.Model))
	if init := t.Model.Init; !init.IsZero() {
		p.Row("starts with", initText(init))
	}
	p.Row("access", cmp.Or(t.Model.Access, spec.AccessPublic))
	rows := t.Data.Name
	if t.Data.MinSamples > 0 {
		rows += fmt.Sprintf(", at least %s per trainer", Counted(t.Data.MinSamples, "row"))
	}
	if t.Data.MinHoldout > 0 {
		rows += fmt.Sprintf(", at least %s per evaluator", Counted(t.Data.MinHoldout, "row"))
	}
	p.Row("data", rows)
	p.schemaRows(t.Data)
	p.Row("training", trainingText(t.Training))
	p.Row("aggregation", aggregationText(t.Aggregation))
	s := t.Selection
	p.Row("selection", fmt.Sprintf("%s: trainers %d (%d asked, at least %d), aggregators %d (%d may lie), evaluators %d",
		s.Rule, s.Trainers, s.Asked(), s.MinTrainers, s.Aggregators, s.Faulty(), s.Evaluators))
	if n := len(s.Owners); n > 0 {
		p.Row("", fmt.Sprintf("only data sets of %s that the task names", Counted(n, "owner")))
	}
	p.promiseRows(PromiseOf(t), t)
	p.Row("audit", t.Audit)
	if t.Governed {
		p.Row("governed", "votes may change its hyper-parameters and weights")
	}
	goal := Counted(t.Target.Rounds, "round")
	if t.Target.Accuracy > 0 {
		goal = fmt.Sprintf("accuracy %s within %s", t.Target.Accuracy, goal)
	}
	if t.Target.Patience > 0 {
		goal += fmt.Sprintf(", or until %s in a row are no better", Counted(t.Target.Patience, "model"))
	}
	p.Row("target", goal)
	p.Row("reward", fmt.Sprintf("%s, %s per settled round", spec.Money(t.Escrow), spec.Money(t.PerRound())))
}

// revisionRows are the hyper-parameters that votes have set, and from which round on.
func (p *Part) revisionRows(revisions []spec.Revision) {
	for i, r := range revisions {
		by := "a vote"
		if r.Proposal > 0 {
			by = fmt.Sprintf("proposal %d", r.Proposal)
		}
		p.Row(firstRow(i, "changed"), fmt.Sprintf("from round %d on, by %s: %s; %s", r.Round, by, trainingText(r.Training), aggregationText(r.Aggregation)))
	}
}

// initText is the model that a task starts with, and who serves it.
func initText(init spec.Init) string {
	line := "model " + init.Model.String()
	if init.Task > 0 {
		line += fmt.Sprintf(" of task %d", init.Task)
	}
	if init.Holder > 0 {
		line += fmt.Sprintf(", served by node %d", init.Holder)
	}
	return line
}

// trainingText is what a trainer does.
func trainingText(t spec.Training) string {
	words := []string{t.Optimiser, fmt.Sprintf("batch %d", t.Batch), fmt.Sprintf("epochs %d", t.Epochs), fmt.Sprintf("rate %s", t.Rate)}
	for _, option := range []struct {
		name  string
		value spec.PPM
	}{{"momentum", t.Momentum}, {"weight decay", t.WeightDecay}, {"proximal", t.Proximal}, {"clip", t.Clip}} {
		if option.value > 0 {
			words = append(words, fmt.Sprintf("%s %s", option.name, option.value))
		}
	}
	words = append(words, t.Arithmetic)
	if t.Schedule != (spec.Schedule{}) {
		words = append(words, scheduleText(t.Schedule))
	}
	return strings.Join(words, ", ")
}

// scheduleText is how the learning rate changes from round to round.
func scheduleText(s spec.Schedule) string {
	line := cmp.Or(s.Kind, spec.ScheduleConstant) + " schedule"
	if s.Kind == spec.ScheduleStep {
		line += fmt.Sprintf(", times %s after every %s", s.Factor, Counted(s.Every, "round"))
	}
	if s.Warmup > 0 {
		line += fmt.Sprintf(" after %s of warm-up", Counted(s.Warmup, "round"))
	}
	return line
}

// aggregationText is how updates become the next model.
func aggregationText(a spec.Aggregation) string {
	line := fmt.Sprintf("%s, %d fractional bits", a.Rule, a.ScaleBits)
	if a.Optimised() {
		line += fmt.Sprintf(", then %s, rate %s, momentum %s", a.Optimiser, a.Rate, a.Momentum)
	}
	if a.Tau > 0 {
		line += fmt.Sprintf(", tau %s", a.Tau)
	}
	return line
}

// Architecture is a model in one line: "mlp 64-32-10, 2410 parameters", or
// "layers 64, dense out 10, 650 parameters".
func Architecture(m spec.Model) string {
	parts := []string{fmt.Sprint(m.Inputs)}
	if m.Image != (spec.Image{}) {
		parts[0] = m.Image.String()
	}
	for _, width := range m.Hidden {
		parts = append(parts, fmt.Sprint(width))
	}
	for _, l := range m.Layers {
		parts = append(parts, l.String())
	}
	if m.Kind != spec.ModelLayers {
		parts = append(parts, fmt.Sprint(m.Classes))
	}
	separator := "-"
	if m.Kind == spec.ModelLayers {
		separator = ", "
	}
	line := m.Kind + " " + strings.Join(parts, separator)
	if m.Loss != "" {
		line += ", loss " + m.Loss
	}
	if size, err := model.Size(m); err == nil {
		line += fmt.Sprintf(", %d parameters", size)
	}
	return line
}

// schemaRows are the rows about the columns of rows with names; none without a schema.
func (p *Part) schemaRows(d spec.Data) {
	if d.Schema.IsZero() {
		return
	}
	label := d.Schema.Label + ", a number"
	if len(d.Schema.Classes) > 0 {
		label = d.Schema.Label + ": " + someOf(d.Schema.Classes, 60)
	}
	p.Row("label", label)
	var names []string
	for _, c := range d.Schema.Columns {
		names = append(names, c.Name)
	}
	p.Row("columns", fmt.Sprintf("%d: %s", len(names), someOf(names, 56)))
	p.Row("features", cmp.Or(d.Features, spec.FeaturesNone))
	p.Row("missing", cmp.Or(d.Missing, spec.MissingRefuse))
}

// someOf lists texts in at most about room characters, and counts the others.
func someOf(texts []string, room int) string {
	line := ""
	for i, text := range texts {
		text = truncated(text, 24)
		if rest := fmt.Sprintf(" and %d more", len(texts)-i); i > 0 && utf8.RuneCountInString(line+text+rest) > room {
			return line + rest
		}
		if i > 0 {
			line += ", "
		}
		line += text
	}
	return line
}

// truncated is the beginning of a text, with "…" where something is left out.
func truncated(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}
