package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// DefaultTask is what a task file need not say. What it must say is empty here:
// name, model, data, training, escrow, and how many rounds.
func DefaultTask() TaskSpec {
	return TaskSpec{
		Version:     1,
		Training:    Training{Optimiser: OptimiserSGD, Batch: 16, Epochs: 1},
		Aggregation: Aggregation{Rule: RuleFedAvg, ScaleBits: 20},
		Selection:   Selection{Rule: SelectionRanked, Trainers: 10, MinTrainers: 1, Aggregators: 4, Evaluators: 4},
		Privacy:     Privacy{Mode: PrivacyNone},
		Deadlines:   Deadlines{Select: 600, Train: 600, Attest: 100, Aggregate: 50, Evaluate: 50},
		Retries:     3,
		Retain:      100_000,
		Audit:       AuditMembers,
	}
}

// ParseTask reads a task file in YAML. What is missing, unknown or
// contradictory is a [*FieldError] that names its line.
func ParseTask(file []byte) (TaskSpec, error) {
	task := DefaultTask()
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	decoder.KnownFields(true)
	if err := decoder.Decode(&task); err != nil {
		if errors.Is(err, io.EOF) {
			return TaskSpec{}, errors.New("task file is empty")
		}
		return TaskSpec{}, yamlError(err)
	}
	if err := decoder.Decode(new(TaskSpec)); !errors.Is(err, io.EOF) {
		return TaskSpec{}, errors.New("task file holds more than one document")
	}
	if err := task.Validate(); err != nil {
		var field *FieldError
		if errors.As(err, &field) {
			field.Line = lineOf(file, field.Field)
		}
		return TaskSpec{}, err
	}
	return task, nil
}

// yamlError turns the decoder's words into ours: "line 3: field x not found in type ...".
func yamlError(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	var wrong *yaml.TypeError
	if errors.As(err, &wrong) && len(wrong.Errors) > 0 {
		text = wrong.Errors[0]
	}
	place, why, found := strings.Cut(strings.TrimPrefix(text, "line "), ": ")
	line, bad := strconv.Atoi(place)
	if !found || bad != nil {
		return fmt.Errorf("task file: %s", text)
	}
	field := "value"
	if name, ok := strings.CutPrefix(why, "field "); ok {
		field, _, _ = strings.Cut(name, " ")
		why = "unknown field"
		if strings.Contains(name, "already set") {
			why = "said twice"
		}
	}
	return &FieldError{Field: field, Why: why, Line: line}
}

// lineOf finds the line of a field, or of the nearest enclosing one that is there.
func lineOf(file []byte, field string) int {
	var document yaml.Node
	if yaml.Unmarshal(file, &document) != nil || len(document.Content) == 0 {
		return 0
	}
	node, line := document.Content[0], document.Content[0].Line
next:
	for _, name := range strings.Split(field, ".") {
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == name {
				line, node = node.Content[i].Line, node.Content[i+1]
				continue next
			}
		}
		break
	}
	return line
}
