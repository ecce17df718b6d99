package spec

import (
	"slices"
	"strings"
)

// Word is a word that a field of a task file may hold, and its meaning in one
// sentence, with its source.
type Word struct{ Name, Meaning string }

// known reports whether a list has a word of this name.
func known(words []Word, name string) bool {
	return slices.ContainsFunc(words, func(w Word) bool { return w.Name == name })
}

// choice lists the names of some words for an error: "sgd, momentum or adam".
func choice(words []Word) string {
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = w.Name
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
