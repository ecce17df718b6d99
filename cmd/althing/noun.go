package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

// noun is a command that only holds verbs.
func noun(name, short string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:     name,
		Short:   short,
		Example: verbs[0].Example,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(verbs...)
	return c
}

// id reads the number of a node, a task or a round; 0 is none of them.
func id(what, word string) (uint64, error) {
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%s %q: want a whole number above 0", what, word)
	}
	return n, nil
}

// help shows the help of the command that its arguments name.
func (s *session) help() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		RunE: func(c *cobra.Command, args []string) error {
			found := c.Root()
			for _, word := range args {
				next, _, err := found.Find([]string{word})
				if err != nil || next == found {
					return s.unknownCommand(found, word)
				}
				found = next
			}
			return found.Help()
		},
	}
}
