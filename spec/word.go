package spec

import (
	"slices"
	"strings"
)

// Word is a word that is valid in a field of a task file, and its meaning in one sentence,
// with its source.
type Word struct{ Name, Meaning string }

// FieldWords are the valid words of one field of a task file.
type FieldWords struct {
	Field string // as in the file, "training.optimiser"
	Words []Word
}

// String lists the words for people: "sgd, momentum or adam".
func (f FieldWords) String() string { return ChoiceOf(f.Words) }

// Vocabulary lists every field of a task file whose value is a word, with the valid words.
// [TaskSpec.Validate] refuses all others. Tests and documents are checked against it.
func Vocabulary() []FieldWords {
	return []FieldWords{
		{"model.kind", ModelKinds()},
		{"model.layers.kind", LayerKinds()},
		{"model.loss", Losses()},
		{"model.access", Accesses()},
		{"data.features", FeatureScales()},
		{"data.missing", MissingRules()},
		{"data.schema.columns.kind", ColumnKinds()},
		{"training.optimiser", Optimisers()},
		{"training.arithmetic", Arithmetics()},
		{"training.schedule.kind", Schedules()},
		{"aggregation.rule", Rules()},
		{"aggregation.optimiser", ServerOptimisers()},
		{"selection.rule", SelectionRules()},
		{"privacy.mode", PrivacyModes()},
		{"privacy.kind", PrivacyKinds()},
		{"privacy.unit", PrivacyUnits()},
		{"audit", Audits()},
	}
}

// known reports whether a word is in a list.
func known(words []Word, name string) bool {
	return slices.ContainsFunc(words, func(w Word) bool { return w.Name == name })
}

// ChoiceOf is [Choice] of the names of words.
func ChoiceOf(words []Word) string {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = w.Name
	}
	return Choice(names)
}

// Choice lists words for an error: "sgd, momentum or adam".
func Choice[W ~string](words []W) string {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = string(w)
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
