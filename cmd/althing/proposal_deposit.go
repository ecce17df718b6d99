package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

func (s *session) proposalDeposit() *cobra.Command {
	return &cobra.Command{
		Use:     "deposit N AMOUNT --home DIR",
		Short:   "Add an amount of THING to the deposit of a proposal; its vote begins when the deposit is complete",
		Example: "  althing proposal deposit 1 250 --home net/trainer-1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			amount, err := parseAmount(args[1])
			if err != nil {
				return err
			}
			account, number, err := s.accountAndProposal(ctx, args[0])
			if err != nil {
				return err
			}
			receipt, err := account.Send(ctx, client.AddDeposit{Proposal: number, Amount: amount})
			if err != nil {
				err = lacksCoins(ctx, account, err, client.ErrFunds, "the deposit takes "+spec.Money(amount))
				return s.hintProposal(ctx, account, number, err)
			}
			return s.showDone(proposalDone{Event: "deposited", Proposal: number, Amount: amount, Height: receipt.Height},
				spec.Money(amount)+" deposited")
		},
	}
}
