package main

import (
	"github.com/spf13/cobra"
)

func (s *session) proposalShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show N",
		Short:   "Show what a proposal does, its votes and its clock; with --home also your voting power",
		Example: "  althing proposal show 1\n  althing proposal show 1 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := s.readBallot(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.show(b)
		},
	}
}
