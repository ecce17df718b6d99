package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) taskShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show TASK",
		Short:   "Show one task: its rules, its committee, its money",
		Example: "  althing task show 1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := s.findTask(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.showTask(cmd.Context(), c, t)
		},
	}
}

func (s *session) showTask(ctx context.Context, c *client.Client, t spec.Task) error {
	v, err := view.ReadTask(ctx, c, t)
	if err != nil {
		return err
	}
	return s.show(v)
}
