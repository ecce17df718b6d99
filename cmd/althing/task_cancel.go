package main

import (
	"errors"
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
			t, err := account.Task(ctx, number)
			if err != nil {
				return s.hintList(err)
			}
			if _, err := account.Send(ctx, client.Say{Task: number, Input: round.Cancel{}}); err != nil {
				err = fmt.Errorf("task %d: %w", number, err)
				if errors.Is(err, round.ErrNotOwner) {
					err = fmt.Errorf("%w: only its owner, %s, may cancel it, and %s holds the key of %s", err, t.Owner, s.home, account.Address())
					return hinted{err, s.command("task list", "--owner", account.Address())}
				}
				return s.hintList(err)
			}
			if t, err = account.Task(ctx, number); err != nil {
				return err
			}
			return s.showTask(ctx, account.Client, t)
		},
	}
}
