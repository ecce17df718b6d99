package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// DefaultTask is what a task file need not say. What it must say is empty here:
// name, model, data, training, escrow, and how many rounds.
func DefaultTask() TaskSpec {
	return TaskSpec{
		Version:     1,
		Training:    Training{Optimiser: OptimiserSGD, Batch: 16, Epochs: 1, Arithmetic: ArithmeticStrict},
		Aggregation: Aggregation{Rule: RuleFedAvg, ScaleBits: 20, Optimiser: ServerNone},
		Selection:   Selection{Rule: SelectionRanked, Trainers: 10, MinTrainers: 1, Aggregators: 4, Evaluators: 4, Patience: One},
		Privacy:     Privacy{Mode: PrivacyNone},
		Deadlines:   Deadlines{Select: 10 * Minute, Train: 10 * Minute, Attest: 2 * Minute, Aggregate: Minute, Evaluate: Minute},
		Overlap:     true,
		Retries:     3,
		Retain:      48 * Hour,
		Audit:       AuditMembers,
	}
}

// ParseTask reads a task file in YAML. What is missing, unknown, of a wrong
// kind or contradictory is a [*FieldError] that names its line.
func ParseTask(file []byte) (TaskSpec, error) {
	root, err := document(taskFile, file)
	if err != nil {
		return TaskSpec{}, err
	}
	task := DefaultTask()
	if wrong := uncounted(root); wrong != nil {
		return TaskSpec{}, wrong
	}
	if wrong := task.misfit(root); wrong != nil {
		return TaskSpec{}, wrong
	}
	if err := root.Decode(&task); err != nil {
		return TaskSpec{}, fmt.Errorf("task file: %w", err)
	}
	if task.Private() && !says(root, "overlap") { // rounds would be charged before it is known that they are needed
		task.Overlap = false
	}
	if task.Privacy.central() && !says(root, "audit") {
		task.Audit = AuditAggregators
	}
	if err := task.Validate(); err != nil {
		if field, ok := errors.AsType[*FieldError](err); ok {
			field.Line = lineOf(root, field.Field)
		}
		return TaskSpec{}, err
	}
	return task, nil
}

// document reads the only document of a YAML file, of the kind that errors call it.
func document(of string, file []byte) (*yaml.Node, error) {
	var first, another yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF):
		return nil, &FieldError{of: of, Line: 1, Why: "the file is empty"}
	case err != nil:
		return nil, syntaxError(of, err)
	}
	switch err := decoder.Decode(&another); {
	case err == nil:
		return nil, &FieldError{of: of, Line: another.Line, Why: "a second document: want one"}
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(of, err)
	}
	return first.Content[0], nil
}

// uncounted finds what other programs offer in the name of privacy and no book can count.
func uncounted(root *yaml.Node) *FieldError {
	const (
		adaptive = "a clip that follows the data tells of the data, and no book counts that yet: want a number"
		public   = "who takes part in a round is public on the chain, so a sample of clients amplifies nothing: leave it out"
	)
	i := slices.IndexFunc(root.Content, func(n *yaml.Node) bool { return n.Value == "privacy" })
	if i < 0 || i+1 >= len(root.Content) {
		return nil
	}
	for fields := root.Content[i+1].Content; len(fields) > 1; fields = fields[2:] {
		field, why := fields[0], ""
		switch {
		case slices.Contains([]string{"adaptive", "adaptive_clip", "adaptive_clipping", "quantile", "target_quantile"}, field.Value),
			field.Value == "clip" && fields[1].Value == "adaptive":
			why = adaptive
		case slices.Contains([]string{"amplification", "client_rate", "client_sampling", "participation"}, field.Value):
			why = public
		default:
			continue
		}
		return &FieldError{Field: "privacy." + field.Value, Line: field.Line, Why: why}
	}
	return nil
}

// says reports whether a task file has a field of its first level.
func says(root *yaml.Node, field string) bool {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == field {
			return true
		}
	}
	return false
}

// syntaxError finds the line in the decoder's words, "yaml: line 3: did not find
// ..."; it may be the one before the break.
func syntaxError(of string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if place, why, found := strings.Cut(strings.TrimPrefix(text, "line "), ": "); found {
		if line, bad := strconv.Atoi(place); bad == nil {
			return &FieldError{of: of, Line: line, Why: why}
		}
	}
	return fmt.Errorf("%s file: %s", of, text)
}

// lineOf finds the line of a field, or of the nearest enclosing one that is there. The
// items of a list are fields named 1, 2 and so on; a name may hold points.
func lineOf(node *yaml.Node, field string) int {
	line := node.Line
next:
	for field != "" {
		for i, item := range node.Content {
			name, value := item.Value, item
			switch {
			case node.Kind == yaml.SequenceNode:
				name = strconv.Itoa(i + 1)
			case i%2 == 0 && i+1 < len(node.Content):
				value = node.Content[i+1]
			default:
				continue
			}
			if rest, found := strings.CutPrefix(field+".", name+"."); found {
				line, node, field = item.Line, value, strings.TrimSuffix(rest, ".")
				continue next
			}
		}
		break
	}
	return line
}
