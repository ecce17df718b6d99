package main

import (
	"github.com/spf13/cobra"
)

func (s *session) dataShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show DATA",
		Short:   "Show one data set: what it is of, who may train on it, its budget",
		Example: "  althing data show 1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, d, err := s.findDataset(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.showDataset(cmd.Context(), c, d)
		},
	}
}
