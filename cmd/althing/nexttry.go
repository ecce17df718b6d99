package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/data"
)

// explained adds to an error of a command what this folder or the file at hand tells of the
// next try: which home folders lie here, or which columns the command has to leave out.
func (s *session) explained(cmd *cobra.Command, err error) error {
	if errors.Is(err, errNoHome) {
		return s.homeMissing(cmd, err)
	}
	unknown, ok := errors.AsType[*data.UnknownColumnsError](err)
	if !ok || cmd.Flags().Lookup("drop") == nil {
		return err
	}
	dropped, _ := cmd.Flags().GetStringSlice("drop") // the flag is one of texts
	return hintFlags(cmd, err, "drop", columnList(append(dropped, unknown.Columns...)))
}

// homeMissing names the home folders that lie here. Its hint is the same command with the only
// one that it can mean. Where none lies here, the error and its hint stay as they are.
func (s *session) homeMissing(cmd *cobra.Command, err error) error {
	const most = 3 // that are named
	noun, _, _ := strings.Cut(strings.TrimPrefix(cmd.CommandPath(), "althing "), " ")
	homes := homesHere(noun)
	if len(homes) == 0 || cmd.Name() == "init" || cmd.Name() == "import" { // which write a new one
		return err
	}
	wanted := "want " + homes[0]
	if len(homes) > 1 {
		first := homes[:min(len(homes), most)]
		wanted = "want one of " + strings.Join(first, ", ")
		if more := len(homes) - len(first); more > 0 {
			wanted += fmt.Sprintf(" and %d more", more)
		}
	}
	before, _ := errors.AsType[hinted](err)
	_, file, toFile := strings.Cut(before.hint, " > ") // where the command's output goes
	err = fmt.Errorf("%w: %s", errNoHome, wanted)
	hint := func(home string) error {
		h, _ := errors.AsType[hinted](hintFlags(cmd, err, "home", home))
		if toFile {
			h.hint += " > " + file
		}
		return h
	}
	consumers, validators := named(homes, "consumer-"), named(homes, "validator-")
	switch {
	case len(homes) == 1:
		return hint(homes[0])
	case noun == "task" && len(consumers) == 1: // who creates tasks
		return hint(consumers[0])
	case noun == "start" && len(validators) > 0: // without which nodes cannot do anything
		return hint(validators[0])
	}
	return err
}

// named are the home folders whose names begin as localnet names those of a kind.
func named(homes []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(homes), func(home string) bool { return !strings.HasPrefix(filepath.Base(home), prefix) })
}

// homesHere are the home folders in this folder, and in folders of networks in it, that can be
// meant by a command about a noun.
func homesHere(noun string) (homes []string) {
	files := map[string][]string{"chain": {"validator.json"}, "start": {"validator.json", "node.json"}, "proposal": {"node.json", "validator.json"}}[noun]
	if files == nil {
		files = []string{"node.json"}
	}
	for _, file := range files {
		for _, depth := range []string{"", "*", filepath.Join("*", "*")} {
			found, _ := filepath.Glob(filepath.Join(depth, file)) // the pattern is a good one
			for _, path := range found {
				homes = append(homes, filepath.Dir(path))
			}
		}
	}
	return homes
}

// columnList is a value of --drop: names of columns, separated by commas, in quotes where a
// name has a comma or a quote.
func columnList(names []string) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(names) // a buffer takes everything
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}
