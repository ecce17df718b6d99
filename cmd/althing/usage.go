package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// explainUsage has a command and all below it say in words of ours what is wrong with the
// arguments and flags that they are given.
func (s *session) explainUsage(c *cobra.Command) {
	c.SetFlagErrorFunc(s.wrongFlag)
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return s.wrongArguments(c, args)
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		s.explainUsage(sub)
	}
}

// argument is what a word in capitals of a usage line stands for, and the command that
// lists what there is.
type argument struct{ meaning, list string }

// argumentOf explains a word of the usage line of a command.
func argumentOf(c *cobra.Command, name string) argument {
	switch name {
	case "TASK":
		return argument{"the number of a task", "task list"}
	case "ROUND":
		return argument{"the number of a round", "round list"}
	case "NODE":
		return argument{"the number of a node", "node list"}
	case "DATA":
		return argument{"the number of a data set", "data list"}
	case "LINE":
		return argument{"the number of a model line", "model list"}
	case "N":
		return argument{"the number of a proposal", "proposal list"}
	case "TASK|FILE":
		if c.Parent().Name() == "model" {
			return argument{"the number of a task or a model file", "task list"}
		}
		return argument{"the number of a task or a task file", "task list"}
	case "AMOUNT":
		return argument{meaning: "an amount in THING"}
	case "AMOUNT|all":
		return argument{meaning: "an amount in THING, or all of it"}
	case "ADDRESS":
		return argument{"the address of an account", "token holders"}
	case "DIR":
		return argument{meaning: "a folder"}
	case "GENESIS":
		return argument{meaning: "a genesis file"}
	case "FILE":
		switch c.Parent().Name() + " " + c.Name() {
		case "task create", "task check":
			return argument{meaning: "a task file"}
		case "task init", "data check", "data register":
			return argument{meaning: "a table or a folder of images"}
		case "proposal submit":
			return argument{meaning: "a proposal file"}
		case "node accuse":
			return argument{meaning: "a file of evidence"}
		}
		return argument{meaning: "a file"}
	}
	if strings.Contains(name, "|") {
		return argument{meaning: "one of " + strings.ReplaceAll(name, "|", ", ")}
	}
	return argument{}
}

// argumentNames are the words of a usage line that stand for arguments, and how many of them
// may be left out.
func argumentNames(c *cobra.Command) (names []string, optional int) {
	for _, word := range strings.Fields(c.Use)[1:] {
		if strings.HasPrefix(strings.TrimLeft(word, "["), "--") {
			break // flags follow
		}
		argument, flag := strings.CutSuffix(word, "|--task") // instead of the argument
		if flag || strings.HasPrefix(word, "[") {
			optional++
		}
		names = append(names, strings.Trim(argument, "[]"))
		if flag {
			break
		}
	}
	return names, optional
}

// wrongArguments says which arguments a command wants and which it got.
func (s *session) wrongArguments(c *cobra.Command, args []string) error {
	if c.HasSubCommands() {
		return s.unknownCommand(c, args[0])
	}
	path := strings.TrimPrefix(c.CommandPath(), "althing ")
	names, optional := argumentNames(c)
	example := strings.TrimSpace(strings.SplitN(c.Example, "\n", 2)[0])
	if len(names) == 0 {
		hint := s.withArguments(c, nil)
		if s.requireFlags(c) != nil {
			hint = example
		}
		return hinted{fmt.Errorf("%s: got %s: want no arguments", path, quoted(args)), hint}
	}
	if len(args) > len(names) {
		return hinted{fmt.Errorf("%s: got %s: want only %s", path, quoted(args), strings.Join(names, " ")), s.withArguments(c, args[:len(names)])}
	}
	var missing []string
	hint := ""
	for i, name := range names[len(args) : len(names)-optional] {
		a := argumentOf(c, name)
		if i == 0 && a.list != "" {
			hint = s.command(listCommand(a.list, args)...)
		}
		missing = append(missing, name+", "+a.meaning)
	}
	if hint == "" {
		hint = example
	}
	got := "nothing"
	if len(args) > 0 {
		got = "only " + quoted(args)
	}
	return hinted{fmt.Errorf("%s: got %s: want %s", path, got, strings.Join(missing, ", and ")), hint}
}

// listCommand is the command that lists what a missing argument may be. The rounds of a task are
// listed by the number of the task, which was given.
func listCommand(list string, given []string) []string {
	words := strings.Fields(list)
	if list == "round list" && len(given) > 0 {
		words = append(words, quote(given[0]))
	}
	return words
}

// quoted lists words in quotes.
func quoted(words []string) string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = fmt.Sprintf("%q", word)
	}
	return strings.Join(all, " ")
}

// withArguments is the command line as it was given, with other arguments.
func (s *session) withArguments(c *cobra.Command, args []string) string {
	words := []string{c.CommandPath()}
	for _, arg := range args {
		words = append(words, quote(arg))
	}
	return strings.Join(append(words, flagsGiven(c)...), " ")
}

// flagsGiven are the flags of a command line, as they would be typed again. Others are pairs of a
// name and a value that take the place of what was given; a flag with an empty value is left
// out.
func flagsGiven(c *cobra.Command, others ...string) (words []string) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		value, isSet := f.Value.String(), f.Changed
		if many, ok := f.Value.(pflag.SliceValue); ok {
			value = strings.Join(many.GetSlice(), ",")
		}
		if i := slices.Index(others, f.Name); i >= 0 {
			value = others[i+1]
			isSet = value != ""
		}
		switch {
		case !isSet:
		case f.Value.Type() != "bool":
			words = append(words, "--"+f.Name, quote(value))
		case value == "true":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name+"="+value)
		}
	})
	return words
}

// unknownCommand says that no command has a name, and which one may have been meant.
func (s *session) unknownCommand(c *cobra.Command, word string) error {
	path := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), "althing"), " ")
	typed := strings.TrimSpace(path + " " + word)
	names := verbs(c)
	slices.Sort(names)
	err := fmt.Errorf("%q: no such command: want one of %s", typed, strings.Join(names, ", "))
	if _, notNumber := id("", word); notNumber == nil && slices.Contains(names, "show") {
		verb := "show"
		if show, _, _ := c.Find([]string{verb}); len(strings.Fields(show.Use)) > 2 { // it wants another number, too
			verb = "list"
		}
		return hinted{err, s.withWordReplaced(c, word, verb+" "+word)}
	}
	if closest := closestCommand(c, word); closest != "" {
		err = fmt.Errorf("%q: no such command: the nearest is %q", typed, strings.TrimSpace(path+" "+closest))
		return hinted{err, s.withWordReplaced(c, word, closest)}
	}
	if c.HasParent() {
		return hinted{err, c.CommandPath() + " --help"}
	}
	if i := slices.Index(s.args, word); i >= 0 && i+1 < len(s.args) { // verb and noun the other way round
		if noun, _, found := c.Find([]string{closestCommand(c, s.args[i+1])}); found == nil && noun != c {
			if verb := closestCommand(noun, word); verb != "" {
				words := slices.Concat(s.args[:i], []string{noun.Name(), verb}, s.args[i+2:])
				return hinted{err, commandLine(words)}
			}
		}
	}
	return hinted{err, "althing --help"}
}

// withWordReplaced is the command line as it was given, with other words in the place of one.
func (s *session) withWordReplaced(c *cobra.Command, word, others string) string {
	words := slices.Clone(s.args)
	i := slices.Index(words, word)
	if i < 0 {
		return c.CommandPath() + " " + others
	}
	return commandLine(slices.Replace(words, i, i+1, strings.Fields(others)...))
}

// commandLine is one of these words.
func commandLine(words []string) string {
	all := []string{"althing"}
	for _, word := range words {
		all = append(all, quote(word))
	}
	return strings.Join(all, " ")
}

// wrongFlag says what is wrong with a flag.
func (s *session) wrongFlag(c *cobra.Command, err error) error {
	if c.HasSubCommands() { // a flag of a command that is not there cannot be known
		if word := s.wordAfter(c); word != "" && !slices.Contains(verbs(c), word) {
			return s.unknownCommand(c, word)
		}
	}
	help := c.CommandPath() + " --help"
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return s.unknownFlag(c, unknown)
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		f := missing.GetFlag()
		return hinted{fmt.Errorf("--%s: got nothing: want %s", f.Name, valueWanted(f)), help}
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := invalid.GetFlag()
		want := valueWanted(f)
		if errors.Is(invalid, strconv.ErrRange) {
			want = "a smaller number"
		}
		return hinted{fmt.Errorf("--%s %q: want %s", f.Name, invalid.GetValue(), want), help}
	}
	if syntax, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return hinted{fmt.Errorf("%q: want a flag such as --json, or a flag and its value such as --home DIR", syntax.GetSpecifiedFlag()), help}
	}
	return hinted{err, help}
}

// unknownFlag says that a command has no flag of a name, and which one may have been meant.
func (s *session) unknownFlag(c *cobra.Command, err *pflag.NotExistError) error {
	help := c.CommandPath() + " --help"
	path := c.CommandPath()
	if short := err.GetSpecifiedShortnames(); short != "" {
		if strings.ContainsAny(short[:1], "0123456789.") {
			return hinted{fmt.Errorf("%q: want a number above 0", "-"+short), help}
		}
		if closest := closestFlag(c, short); closest != "" && len(short) > 1 {
			return hinted{fmt.Errorf("%s has no flag -%s: want --%s", path, short, closest), s.withWordReplaced(c, "-"+short, "--"+closest)}
		}
		return hinted{fmt.Errorf("%s has no flag -%s: want flags with two dashes and a whole word, such as --json", path, short), help}
	}
	name := err.GetSpecifiedName()
	closest := closestFlag(c, name)
	if closest == "" {
		return hinted{fmt.Errorf("%s has no flag --%s: want those that --help lists", path, name), help}
	}
	words := slices.Clone(s.args)
	for i, word := range words {
		if word == "--"+name || strings.HasPrefix(word, "--"+name+"=") {
			words[i] = "--" + closest + strings.TrimPrefix(word, "--"+name)
		}
	}
	return hinted{fmt.Errorf("%s has no flag --%s: want --%s", path, name, closest), commandLine(words)}
}

// wordAfter is the first word of the command line behind the names of a command and its
// parents that is no flag; "" where there is none.
func (s *session) wordAfter(c *cobra.Command) string {
	names := strings.Fields(c.CommandPath())[1:]
	for i := 0; i < len(s.args); i++ {
		word := s.args[i]
		switch {
		case word == "--rpc" || word == "--home":
			i++
		case strings.HasPrefix(word, "-"):
		case len(names) > 0 && word == names[0]:
			names = names[1:]
		default:
			return word
		}
	}
	return ""
}

// valueWanted is what a value of a flag looks like.
func valueWanted(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "int64":
		return "a whole number"
	case "uint", "uint32", "uint64":
		return "a whole number, 0 or more"
	case "float64":
		return "a number"
	case "duration":
		return "a time with its unit, such as 50ms, 30s, 10m or 48h"
	case "bool":
		return "true or false"
	}
	meaning, _, _ := strings.Cut(f.Usage, " (default")
	return "a value: " + meaning
}

// requireFlags refuses a command line that leaves out a flag without which the command
// cannot do anything.
func (s *session) requireFlags(c *cobra.Command) error {
	var missing, pairs []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if _, must := f.Annotations[cobra.BashCompOneRequiredFlag]; must && !f.Changed {
			missing = append(missing, fmt.Sprintf("--%s is missing: want %s", f.Name, valueWanted(f)))
			pairs = append(pairs, f.Name, exampleOf(c, f.Name))
		}
	})
	if len(missing) == 0 {
		return nil
	}
	return hintFlags(c, errors.New(strings.Join(missing, "; ")), pairs...)
}

// exampleOf is the value that a flag has in the examples of a command.
func exampleOf(c *cobra.Command, name string) string {
	words := strings.Fields(c.Example)
	if i := slices.Index(words, "--"+name); i >= 0 && i+1 < len(words) {
		return words[i+1]
	}
	return strings.ToUpper(name)
}

// hintFlags adds to an error the hint to run the same command line with other flags: pairs of a
// name and a value, which is empty for a flag that is left out.
func hintFlags(cmd *cobra.Command, err error, flags ...string) error {
	words := []string{cmd.CommandPath()}
	for _, word := range cmd.Flags().Args() {
		words = append(words, quote(word))
	}
	return hinted{err, strings.Join(append(words, flagsGiven(cmd, flags...)...), " ")}
}
