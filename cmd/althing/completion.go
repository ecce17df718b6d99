package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// completion prints a script with which a shell completes command lines.
func (s *session) completion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes nouns, verbs, flags and their words in a shell",
		Long: `Prints a script that completes nouns, verbs, flags and the words of flags in a shell.
For this session only:

  source <(althing completion bash)
  source <(althing completion zsh)
  althing completion fish | source

For every new session, write the script into the folder of your shell:

  althing completion bash > ~/.local/share/bash-completion/completions/althing
  althing completion zsh > "${fpath[1]}/_althing"
  althing completion fish > ~/.config/fish/completions/althing.fish`,
		Example:   "  althing completion bash\n  althing completion zsh",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: shells,
		RunE: func(c *cobra.Command, args []string) error {
			switch args[0] {
			case "bash":
				return c.Root().GenBashCompletionV2(s.out, true)
			case "zsh":
				return c.Root().GenZshCompletion(s.out)
			case "fish":
				return c.Root().GenFishCompletion(s.out, true)
			default:
				return c.Root().GenPowerShellCompletionWithDesc(s.out)
			}
		},
	}
}

// flagWords are the words that a flag of some command may have, nil where it holds no word
// of a list. Each may be followed by a tab and its meaning.
func flagWords(c *cobra.Command, flag string) []string {
	parent := ""
	if c.HasParent() {
		parent = c.Parent().Name()
	}
	switch flag {
	case "missing":
		return described(spec.MissingRules())
	case "features":
		return described(spec.FeatureScales())
	case "privacy":
		return described(spec.PrivacyModes())
	case "model":
		if c.Name() != "predict" {
			return described(spec.ModelKinds())
		}
	case "mechanism":
		if parent != "budget" {
			return described(spec.PrivacyKinds())
		}
		return []string{"gaussian", "laplace", "discrete-laplace", "skellam"}
	case "sampling":
		return []string{poisson, withoutReplacement}
	case "accountant":
		return texts(account.Accountants())
	case "unit":
		return texts(cost.Units())
	case "adjacency":
		return texts(cost.Adjacencies())
	case "state":
		return texts(spec.TaskStates())
	case "role":
		return []string{"data-provider", "trainer", "aggregator", "evaluator", "consumer"}
	case "round", "init-round":
		return []string{bestVersion + "\tthe version with the best score", "0\tthe first version"}
	}
	return nil
}

// described are words with their meanings.
func described(words []spec.Word) (all []string) {
	for _, w := range words {
		all = append(all, w.Name+"\t"+w.Meaning)
	}
	return all
}

// texts are words of some kind as texts.
func texts[T ~string](words []T) (all []string) {
	for _, w := range words {
		all = append(all, string(w))
	}
	return all
}

// completeWords tells shells, of a command and of all below it, what its flags and
// arguments may be: words of a list, files, or nothing that can be completed.
func completeWords(c *cobra.Command) {
	files := []string{"home", "data", "task", "model", "input", "output", "out", "set", "init", "schema"}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		words := flagWords(c, f.Name)
		isFile := slices.Contains(files, f.Name) && f.Value.Type() == "string"
		if isFile && words == nil || f.Name == "help" {
			return
		}
		// The error says that the flag is unknown or is completed already: neither can be.
		_ = c.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	})
	if !c.HasSubCommands() && c.ValidArgs == nil && c.ValidArgsFunction == nil {
		c.ValidArgsFunction = completeArguments
	}
	for _, sub := range c.Commands() {
		completeWords(sub)
	}
}

// completeArguments completes the next argument of a command by its usage line.
func completeArguments(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	names, _ := argumentNames(c)
	if len(args) >= len(names) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	switch name := names[len(args)]; {
	case name == "FILE" || name == "TASK|FILE" || name == "DIR" || name == "GENESIS":
		return nil, cobra.ShellCompDirectiveDefault
	case strings.ToUpper(name) != name && strings.Contains(name, "|"):
		return slices.DeleteFunc(strings.Split(name, "|"), func(w string) bool { return strings.ToUpper(w) == w }), cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}
