package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/view"
)

func (s *session) taskCheck() *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE",
		Short:   "Read a task file and say what is wrong with it; needs no network",
		Example: "  althing task check task.yaml\n  althing task template | althing task check -",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, err := readTaskFile(cmd.Context(), cmd.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			v, err := view.TaskFileOf(args[0], asked)
			if err != nil {
				return err
			}
			return s.show(v)
		},
	}
}
