package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// closestWord is the word of a list that somebody who typed another one most likely meant, ""
// where none is near: two letters may be wrong, missing, too many or swapped, one letter in
// a word of three or fewer. What was typed may also be the beginning of the word.
func closestWord(typed string, words []string) string {
	typed = strings.ToLower(typed)
	best, least := "", 3
	if len(typed) <= 3 {
		least = 2
	}
	for _, word := range words {
		distance := edits(typed, strings.ToLower(word))
		if len(typed) >= 2 && strings.HasPrefix(word, typed) {
			distance = min(distance, 1)
		}
		if distance < least {
			best, least = word, distance
		}
	}
	return best
}

// edits is how many letters have to be changed, added, taken away or swapped with their
// neighbour until one word is the other (optimal string alignment).
func edits(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			differs := 1
			if a[i-1] == b[j-1] {
				differs = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differs)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// otherVerbs are words of other programs, and the verbs that mean the same here.
func otherVerbs() map[string][]string {
	return map[string][]string{
		"ls": {"list"}, "all": {"list"}, "get": {"show", "fetch"}, "info": {"show"}, "status": {"show"}, "describe": {"show"}, "view": {"show"},
		"new": {"create", "submit"}, "add": {"create", "register", "submit"}, "start": {"create"}, "run": {"create"}, "open": {"create"},
		"rm": {"cancel", "revoke"}, "delete": {"cancel", "revoke"}, "remove": {"cancel", "revoke"}, "stop": {"cancel"}, "abort": {"cancel"},
		"follow": {"watch"}, "tail": {"watch"}, "download": {"fetch"}, "validate": {"check"}, "upload": {"register"}, "import": {"register"},
		"transfer": {"send"}, "pay": {"send"}, "bond": {"stake"}, "unstake": {"unbond"}, "withdraw": {"unbond"},
	}
}

// verbs are the names of the commands directly below a command.
func verbs(c *cobra.Command) (names []string) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	return names
}

// closestCommand is the name of the command below c that a word most likely means, or "".
func closestCommand(c *cobra.Command, word string) string {
	names := verbs(c)
	if name := closestWord(word, names); name != "" {
		return name
	}
	for _, other := range otherVerbs()[strings.ToLower(word)] {
		if slices.Contains(names, other) {
			return other
		}
	}
	return ""
}

// closestFlag is the name of the flag of c that a word most likely means, or "".
func closestFlag(c *cobra.Command, word string) string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	c.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	slices.Sort(names)
	return closestWord(word, slices.Compact(names))
}
