package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

func (s *session) tokenBalance() *cobra.Command {
	return &cobra.Command{
		Use:     "balance [ADDRESS]",
		Short:   "Show what an account can spend; without an address, the account of --home",
		Example: "  althing token balance --home net/consumer-1\n  althing token balance althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			var c *client.Client
			var holder client.Holder
			if len(args) == 1 {
				if err := client.CheckAddress(args[0]); err != nil {
					return err
				}
				var err error
				if c, err = s.dial(ctx); err != nil {
					return err
				}
				holder.Address = args[0]
			} else {
				account, err := s.account(ctx)
				if err != nil {
					return err
				}
				c, holder.Address = account.Client, account.Address()
			}
			var err error
			if holder.Amount, err = c.Balance(ctx, holder.Address); err != nil {
				return err
			}
			if s.json {
				return s.line(holder)
			}
			_, err = fmt.Fprintln(s.out, spec.Money(holder.Amount))
			return err
		},
	}
}
