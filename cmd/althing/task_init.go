package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

func (s *session) taskInit() *cobra.Command {
	var table tableFlags
	var out, name, kind, features string
	c := &cobra.Command{
		Use:   "init FILE",
		Short: "Write a task file for rows like those of a table; needs no network",
		Long: `Reads a table like "data check" and writes a task file with its schema, and with a model,
a learning rate and a number of rounds that suit most tables. Trainers need rows with the
same columns, in any order. Read the file before you pay for the task.`,
		Example: "  althing task init rows.csv --out task.yaml\n  althing task init rows.csv --label outcome --drop id --missing impute --out task.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := data.Inspect(args[0], table.options())
			if err != nil {
				return withPath(args[0], err)
			}
			if err := table.problems(report); err != nil {
				return err
			}
			schema, err := report.Schema()
			if err != nil {
				return err
			}
			if schema.IsZero() {
				return fmt.Errorf("%s: its columns are identified by position: want at most %d columns with names", args[0], spec.MaxColumns)
			}
			rows := spec.Data{Name: name, Features: features, Schema: schema}
			if name == "" {
				rows.Name = kindOf(args[0])
			}
			if table.read.Missing == spec.MissingImpute {
				rows.Missing = spec.MissingImpute
			}
			asked := spec.SuggestTask(kind, rows)
			text := taskFileText(asked, report)
			read, err := spec.ParseTask([]byte(text))
			switch {
			case err != nil:
				return fmt.Errorf("task for %s: %w", args[0], err)
			case !reflect.DeepEqual(read, asked): // a field that is suggested and not written
				return fmt.Errorf("task for %s: the file says something else than was suggested: please report this bug", args[0])
			case s.json:
				return s.line(read)
			}
			if out == "" {
				_, err := fmt.Fprint(s.out, text)
				return err
			}
			if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s exists already: want the name of a new file", out)
			}
			if err := writeFile(out, []byte(text)); err != nil {
				return err
			}
			try := []string{"althing demo --data", quote(args[0]), "--task", quote(out)}
			for _, column := range table.read.Drop {
				try = append(try, "--drop", quote(column))
			}
			_, err = fmt.Fprintf(s.out, "%s: a task for rows like those of %s\ntry it  %s\n", out, args[0], strings.Join(try, " "))
			return err
		},
	}
	table.add(c)
	c.Flags().StringVar(&out, "out", "", "file to write (default: standard output)")
	c.Flags().StringVar(&name, "name", "", "the kind of the rows, as trainers register them (default: the name of the file)")
	c.Flags().StringVar(&kind, "model", "", "softmax, linear or mlp (default: softmax, or linear where the label is a number)")
	c.Flags().StringVar(&features, "features", spec.FeaturesStandard, "how numbers are brought to scale: "+spec.ChoiceOf(spec.FeatureScales()))
	return c
}

// kindOf is the name of a file without its folder and its ending.
func kindOf(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

// taskFileText is a task file that says what each field means, for rows that were looked at.
func taskFileText(t spec.TaskSpec, r data.Report) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	field := func(indent, name string, value any, meaning string) {
		say("%s%-*s # %s", indent, 22-len(indent), fmt.Sprintf("%s: %v", name, value), meaning)
	}
	say("# A task for rows like the %d of %s. Send it with", r.Rows, filepath.Base(r.Path))
	say("#   althing task create FILE --home DIR")
	say("# docs/task-file.md says more, and \"althing task template\" shows every field.")
	say("")
	field("", "name", yamlText(t.Name), "for people")
	field("", "escrow", t.Escrow, fmt.Sprintf("uthing: 1 THING for each of %d rounds, and one in reserve", t.Target.Rounds))
	field("", "audit", t.Audit, "who may recompute a settled round: "+spec.ChoiceOf(spec.Audits()))
	say("")
	say("model:")
	field("  ", "kind", t.Model.Kind, meaningOf(spec.ModelKinds(), t.Model.Kind))
	field("  ", "inputs", t.Model.Inputs, "one for each number and for each value of a category")
	if len(t.Model.Hidden) > 0 {
		field("  ", "hidden", fmt.Sprintf("[%d]", t.Model.Hidden[0]), "width of the hidden layer")
	}
	if t.Model.Regression() {
		field("  ", "classes", t.Model.Classes, "one output: the label is a number")
		field("  ", "loss", t.Model.Loss, "squared distance of the output from the label")
	} else {
		field("  ", "classes", t.Model.Classes, "of the label")
	}
	say("")
	say("data:")
	field("  ", "name", yamlText(t.Data.Name), "the kind of rows that trainers and evaluators hold")
	if t.Data.Features != "" {
		field("  ", "features", t.Data.Features, "how numbers are brought to scale: "+spec.ChoiceOf(spec.FeatureScales()))
	}
	if t.Data.Missing != "" {
		field("  ", "missing", t.Data.Missing, "what becomes of cells without a value")
	}
	say("  schema:              # columns are found by their names, in whatever order")
	say("    label: %s", yamlText(t.Data.Schema.Label))
	if len(t.Data.Schema.Classes) > 0 {
		say("    classes: [%s]", yamlTexts(t.Data.Schema.Classes))
	}
	say("    columns:           # a number may also state its bounds: min and max")
	for _, c := range t.Data.Schema.Columns {
		if c.Kind == spec.ColumnCategory {
			say("      - {name: %s, kind: %s, values: [%s]}", yamlText(c.Name), c.Kind, yamlTexts(c.Values))
		} else {
			say("      - {name: %s, kind: %s}", yamlText(c.Name), c.Kind)
		}
	}
	say("")
	say("training:")
	field("  ", "batch", t.Training.Batch, "rows of a minibatch")
	field("  ", "epochs", t.Training.Epochs, "passes over a trainer's rows in one round")
	field("  ", "rate", t.Training.Rate, "learning rate")
	if t.Training.WeightDecay > 0 {
		field("  ", "weight_decay", t.Training.WeightDecay, "holds weights near 0, against what a few rows suggest")
	}
	if t.Training.Proximal > 0 {
		field("  ", "proximal", t.Training.Proximal, "holds a trainer near the common model")
	}
	if t.Training.Schedule.Kind != "" {
		say("  schedule:            # how the rate changes from round to round")
		field("    ", "kind", t.Training.Schedule.Kind, spec.ChoiceOf(spec.Schedules()))
	}
	say("")
	say("selection:")
	field("  ", "trainers", t.Selection.Trainers, "trainers a round needs; 30% more are asked")
	field("  ", "min_trainers", t.Selection.MinTrainers, "with fewer survivors the round is aborted")
	field("  ", "aggregators", t.Selection.Aggregators, "3f+1 of them, f may lie")
	field("  ", "evaluators", t.Selection.Evaluators, "each with rows of its own")
	say("")
	say("target:")
	goal := "the task is done when the score reaches it; 0: train for all rounds"
	if t.Model.Regression() {
		goal = "R2 at which the task is done; 0: train for all rounds"
	}
	field("  ", "accuracy", t.Target.Accuracy, goal)
	field("  ", "rounds", t.Target.Rounds, "rounds that give a model, at most")
	return b.String()
}

// meaningOf is what a word of a task file means.
func meaningOf(words []spec.Word, name string) string {
	for _, w := range words {
		if w.Name == name {
			return w.Meaning
		}
	}
	return ""
}

// yamlText is a text as YAML reads it as one, also in a list: plain where no other reading
// is possible.
func yamlText(text string) string {
	if regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([ _-][A-Za-z0-9]+)*$`).MatchString(text) {
		switch strings.ToLower(text) {
		case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		default:
			return text
		}
	}
	quoted, _ := json.Marshal(text) // a text has a form in JSON
	return string(quoted)
}

func yamlTexts(texts []string) string {
	var all []string
	for _, text := range texts {
		all = append(all, yamlText(text))
	}
	return strings.Join(all, ", ")
}
