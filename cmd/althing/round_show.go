package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/view"
)

func (s *session) roundShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show TASK ROUND",
		Short:   "Show one round: who took part, who survived, digests and scores",
		Example: "  althing round show 1 3",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, r, err := s.findRound(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			v, err := view.ReadRound(cmd.Context(), c, t, r)
			if err != nil {
				return err
			}
			return s.show(v)
		},
	}
}
