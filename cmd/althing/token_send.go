package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// sentCoins is a transfer that is in a block.
type sentCoins struct {
	Event  string `json:"event"`
	To     string `json:"to"`
	Amount uint64 `json:"uthing"`
	Height int64  `json:"height"`
}

func (s *session) tokenSend() *cobra.Command {
	return &cobra.Command{
		Use:     "send ADDRESS AMOUNT --home DIR",
		Short:   "Send an amount of THING to an account",
		Example: "  althing token send althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684 1.5 --home net/consumer-1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if err := client.CheckAddress(args[0]); err != nil {
				return err
			}
			amount, err := parseAmount(args[1])
			if err != nil {
				return err
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			receipt, err := account.Send(ctx, client.Transfer{To: args[0], Amount: amount})
			if err != nil {
				return lacksCoins(ctx, account, err, client.ErrFunds, "the transfer sends "+spec.Money(amount))
			}
			if s.json {
				return s.line(sentCoins{"sent", args[0], amount, receipt.Height})
			}
			s.tell("%s sent to %s at height %d", spec.Money(amount), args[0], receipt.Height)
			return nil
		},
	}
}
