package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
)

func (s *session) proposalExecute() *cobra.Command {
	return &cobra.Command{
		Use:     "execute N --home DIR",
		Short:   "Execute a passed proposal once its time in the timelock is over; anybody may",
		Example: "  althing proposal execute 1 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			account, number, err := s.accountAndProposal(ctx, args[0])
			if err != nil {
				return err
			}
			p, err := account.Proposal(ctx, number)
			if err != nil {
				return s.hintProposal(ctx, account, number, err)
			}
			receipt, err := account.Send(ctx, client.Execute{Proposal: number, Ran: p.Poll.DryRun.Gas})
			if err != nil {
				return s.hintProposal(ctx, account, number, err)
			}
			return s.showDone(proposalDone{Event: "executed", Proposal: number, Height: receipt.Height}, "executed")
		},
	}
}
