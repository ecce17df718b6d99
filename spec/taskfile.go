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

// DefaultTask has the values of what a task file may leave out. What a file must say is
// empty here: name, model, data, training.rate, escrow and target.rounds.
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

// ParseTask reads a task file in YAML. A field that is missing, unknown, of the wrong kind
// or in contradiction to another is a [*FieldError] that names its line.
func ParseTask(file []byte) (TaskSpec, error) {
	root, err := document(taskFile, file)
	if err != nil {
		return TaskSpec{}, err
	}
	task := DefaultTask()
	if wrong := unsupportedPrivacy(root); wrong != nil {
		return TaskSpec{}, wrong
	}
	if wrong := task.misfit(root); wrong != nil {
		return TaskSpec{}, wrong
	}
	if err := root.Decode(&task); err != nil {
		return TaskSpec{}, fmt.Errorf("task file: %w", err)
	}
	if task.Private() && !hasField(root, "overlap") { // an overlapping round is charged before anybody knows whether it is needed
		task.Overlap = false
	}
	if task.Privacy.central() && !hasField(root, "audit") {
		task.Audit = AuditAggregators
	}
	if err := task.Validate(); err != nil {
		return TaskSpec{}, located(root, err)
	}
	return task, nil
}

// document reads a YAML file that has one document. Kind is what errors call the file.
func document(kind string, file []byte) (*yaml.Node, error) {
	var first, another yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF):
		return nil, &FieldError{kind: kind, Line: 1, Why: "the file is empty"}
	case err != nil:
		return nil, syntaxError(kind, err)
	}
	switch err := decoder.Decode(&another); {
	case err == nil:
		return nil, &FieldError{kind: kind, Line: another.Line, Why: "a second document begins here: want one document per file"}
	case !errors.Is(err, io.EOF):
		return nil, syntaxError(kind, err)
	}
	return first.Content[0], nil
}

// unsupportedPrivacy finds settings that other programs offer, and whose privacy loss no
// book of this network can count.
func unsupportedPrivacy(root *yaml.Node) *FieldError {
	const (
		adaptive = "a clip that adapts to the rows reveals something of them, which no privacy budget counts yet: want a number"
		public   = "who takes part in a round is public on the chain, so sampling clients amplifies nothing: leave it out"
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

// hasField reports whether a task file has a field of its first level.
func hasField(root *yaml.Node, field string) bool {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == field {
			return true
		}
	}
	return false
}

// syntaxError takes the line out of the decoder's error, "yaml: line 3: did not find ...".
// It may be the line before the mistake.
func syntaxError(kind string, err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if place, why, found := strings.Cut(strings.TrimPrefix(text, "line "), ": "); found {
		if line, bad := strconv.Atoi(place); bad == nil {
			return &FieldError{kind: kind, Line: line, Why: why}
		}
	}
	return fmt.Errorf("%s file: %s", kind, text)
}

// located adds to a [*FieldError] the line of its field, and what the file says there unless
// the error says it already.
func located(root *yaml.Node, err error) error {
	field, ok := errors.AsType[*FieldError](err)
	if !ok {
		return err
	}
	var value *yaml.Node
	field.Line, value = find(root, field.Field)
	if value != nil && value.Kind == yaml.ScalarNode && value.Value != "" && !strings.Contains(field.Why, value.Value) {
		field.Given = given(value)
	}
	return err
}

// given is a value for an error: text in quotes, all else as it is.
func given(value *yaml.Node) string {
	if value.ShortTag() == "!!str" {
		return fmt.Sprintf("%.64q", value.Value)
	}
	return fmt.Sprintf("%.64s", value.Value)
}

// find returns the line and the value of a field. If the file does not have the field, it
// returns the line of the nearest enclosing one, and no value. The items of a list are
// fields named 1, 2 and so on; a name may contain dots.
func find(node *yaml.Node, field string) (line int, value *yaml.Node) {
	line = node.Line
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
		return line, nil
	}
	return line, node
}
