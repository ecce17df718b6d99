package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// A field's name in braces stands for the words that the field may hold.
//
//go:embed template.yaml
var template string

// filled is the template with the words.
func filled() string {
	text := template
	for _, f := range spec.Vocabulary() {
		text = strings.ReplaceAll(text, "{"+f.Field+"}", f.String())
	}
	return text
}

// checked is a task file without mistakes.
type checked struct {
	Event      string        `json:"event"`
	File       string        `json:"file"`
	Parameters int           `json:"parameters"`
	Asked      int           `json:"asked"`            // trainers a round, backups included
	PerRound   uint64        `json:"per_round_uthing"` // what a settled round pays
	Spec       spec.TaskSpec `json:"spec"`
}

func (s *session) taskCheck() *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE",
		Short:   "Read a task file and say what is wrong with it; needs no network",
		Example: "  althing task check task.yaml\n  althing task template | althing task check -",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, err := readTask(cmd.Context(), cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			parameters, err := model.Size(asked.Model)
			if err != nil {
				return err
			}
			if s.json {
				return s.line(checked{"checked", args[0], parameters, asked.Selection.Asked(), asked.PerRound(), asked})
			}
			t := s.table()
			t.row("name", asked.Name)
			rules(t, asked)
			return t.flush()
		},
	}
}

func (s *session) taskTemplate() *cobra.Command {
	return &cobra.Command{
		Use:     "template",
		Short:   "Print a task file with every field and what it means",
		Example: "  althing task template > task.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if s.json {
				asked, err := spec.ParseTask([]byte(template))
				if err != nil {
					return err
				}
				return s.line(asked)
			}
			_, err := io.WriteString(s.out, filled())
			return err
		},
	}
}

// readTask reads a task file, "-" being the standard input.
func readTask(ctx context.Context, stdin io.Reader, path string) (spec.TaskSpec, error) {
	file, err := readPath(ctx, stdin, path)
	if err != nil {
		return spec.TaskSpec{}, err
	}
	asked, err := spec.ParseTask(file)
	if err != nil {
		return asked, fmt.Errorf("%s: %w", path, err)
	}
	return asked, nil
}

// readPath reads a file, "-" being the standard input. Where nobody writes to what it
// reads, it waits until ctx ends.
func readPath(ctx context.Context, stdin io.Reader, path string) ([]byte, error) {
	var file []byte
	read := make(chan error, 1)
	go func() {
		var err error
		if path == "-" {
			file, err = io.ReadAll(stdin)
		} else {
			file, err = os.ReadFile(path)
		}
		read <- err
	}()
	select {
	case err := <-read:
		return file, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// rules tells what a task asks for.
func rules(t table, asked spec.TaskSpec) {
	t.row("model", architecture(asked.Model))
	if from := asked.Model.Init; !from.IsZero() {
		t.row("starts with", startsWith(from))
	}
	t.row("access", cmp.Or(asked.Model.Access, spec.AccessPublic))
	rows := fmt.Sprintf("%s, at least %d rows a trainer", asked.Data.Name, asked.Data.MinSamples)
	if asked.Data.MinHoldout > 0 {
		rows += fmt.Sprintf(", %d an evaluator", asked.Data.MinHoldout)
	}
	t.row("data", rows)
	schemaRows(t, asked.Data)
	t.row("training", training(asked.Training))
	t.row("aggregation", aggregation(asked.Aggregation))
	choice := asked.Selection
	t.row("selection", fmt.Sprintf("%s: trainers %d (%d asked, at least %d), aggregators %d (%d may lie), evaluators %d",
		choice.Rule, choice.Trainers, choice.Asked(), choice.MinTrainers, choice.Aggregators, choice.Faulty(), choice.Evaluators))
	if n := len(choice.Owners); n > 0 {
		t.row("", fmt.Sprintf("data sets of %d owners only, named in the task", n))
	}
	promiseOf(asked).rows(t, asked)
	t.row("audit", asked.Audit)
	if asked.Governed {
		t.row("governed", "votes may change its hyper-parameters and weights")
	}
	goal := fmt.Sprintf("%d rounds", asked.Target.Rounds)
	if asked.Target.Accuracy > 0 {
		goal = fmt.Sprintf("accuracy %s within %d rounds", asked.Target.Accuracy, asked.Target.Rounds)
	}
	if asked.Target.Patience > 0 {
		goal += fmt.Sprintf(", or until %s in a row are no better", counted(asked.Target.Patience, "model"))
	}
	t.row("target", goal)
	t.row("reward", fmt.Sprintf("%s, %s a settled round", money(asked.Escrow), money(asked.PerRound())))
}

// startsWith says with which model a task starts, and who serves it.
func startsWith(from spec.Init) string {
	line := "model " + from.Model.String()
	if from.Task > 0 {
		line += fmt.Sprintf(" of task %d", from.Task)
	}
	if from.Holder > 0 {
		line += fmt.Sprintf(", served by node %d", from.Holder)
	}
	return line
}

// training is what a trainer does in one line.
func training(t spec.Training) string {
	words := []string{t.Optimiser, fmt.Sprintf("batch %d", t.Batch), fmt.Sprintf("epochs %d", t.Epochs), fmt.Sprintf("rate %s", t.Rate)}
	for _, more := range []struct {
		name  string
		value spec.PPM
	}{{"momentum", t.Momentum}, {"weight decay", t.WeightDecay}, {"proximal", t.Proximal}, {"clip", t.Clip}} {
		if more.value > 0 {
			words = append(words, fmt.Sprintf("%s %s", more.name, more.value))
		}
	}
	words = append(words, t.Arithmetic)
	if t.Schedule != (spec.Schedule{}) {
		words = append(words, schedule(t.Schedule))
	}
	return strings.Join(words, ", ")
}

// schedule is how the rate changes from round to round, in a few words.
func schedule(s spec.Schedule) string {
	line := cmp.Or(s.Kind, spec.ScheduleConstant) + " schedule"
	if s.Kind == spec.ScheduleStep {
		line += fmt.Sprintf(", times %s after every %d rounds", s.Factor, s.Every)
	}
	if s.Warmup > 0 {
		line += fmt.Sprintf(" behind %d rounds of warm-up", s.Warmup)
	}
	return line
}

// aggregation is how updates become the next model in one line.
func aggregation(a spec.Aggregation) string {
	line := fmt.Sprintf("%s, %d fractional bits", a.Rule, a.ScaleBits)
	if a.Optimised() {
		line += fmt.Sprintf(", then %s, rate %s, momentum %s", a.Optimiser, a.Rate, a.Momentum)
	}
	if a.Tau > 0 {
		line += fmt.Sprintf(", tau %s", a.Tau)
	}
	return line
}

// architecture is a model in one line: "mlp 64-32-10, 2410 parameters", or
// "layers 64, dense out 10, 650 parameters".
func architecture(m spec.Model) string {
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
	between := "-"
	if m.Kind == spec.ModelLayers {
		between = ", "
	}
	line := m.Kind + " " + strings.Join(parts, between)
	if m.Loss != "" {
		line += ", loss " + m.Loss
	}
	if size, err := model.Size(m); err == nil {
		line += fmt.Sprintf(", %d parameters", size)
	}
	return line
}

// standing tells how far a task is, and how good the model of the round is that was scored
// last.
func standing(t table, task spec.Task, scored spec.Round) {
	t.row("task", fmt.Sprintf("%d %s", task.ID, task.Spec.Name))
	state := string(task.State)
	if task.Reason != "" {
		state += ": " + task.Reason
	}
	if task.Cancelling && !task.State.Final() {
		state += ", closes when the rounds that run end"
	}
	t.row("state", state)
	t.row("owner", task.Owner)
	t.row("created", fmt.Sprintf("at height %d", task.Created))
	if task.Closed > 0 {
		t.row("closed", fmt.Sprintf("at height %d", task.Closed))
	}
	rounds := fmt.Sprintf("%d accepted, newest is %d", task.Accepted, task.Round)
	if task.Scoring > 0 {
		rounds += fmt.Sprintf(", %d is being scored", task.Scoring)
	}
	t.row("rounds", rounds)
	t.row("current model", unless(task.Model.IsZero(), task.Model))
	scores(t, task, scored)
	t.row("money", fmt.Sprintf("%s locked, %s paid, %s refunded", money(task.Spec.Escrow), money(task.Paid), money(task.Refunded)))
	t.row("faults", len(task.Faults))
}
