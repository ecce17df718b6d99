package main

import (
	"github.com/spf13/cobra"
)

func (s *session) proposalTally() *cobra.Command {
	return &cobra.Command{
		Use:     "tally N",
		Short:   "Count the votes on a proposal",
		Example: "  althing proposal tally 1\n  althing proposal tally 1 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := s.readBallot(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if s.json {
				return s.line(b.Tally("tally"))
			}
			return s.page(b.TallyPage())
		},
	}
}
