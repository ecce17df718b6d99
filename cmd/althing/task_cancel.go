package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
)

func (s *session) taskCancel() *cobra.Command {
	return &cobra.Command{
		Use:     "cancel TASK --home DIR",
		Short:   "Close your task once its running rounds have ended; the rest is refunded",
		Example: "  althing task cancel 1 --home net/consumer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			number, err := id("task", args[0])
			if err != nil {
				return err
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			if _, err := account.Send(ctx, client.Say{Task: number, Input: round.Cancel{}}); err != nil {
				return s.explain(fmt.Errorf("task %d: %w", number, err))
			}
			t, err := account.Task(ctx, number)
			if err != nil {
				return err
			}
			return s.showTask(ctx, account.Client, t)
		},
	}
}
