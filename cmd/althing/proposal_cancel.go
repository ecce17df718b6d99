package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
)

func (s *session) proposalCancel() *cobra.Command {
	return &cobra.Command{
		Use:     "cancel N --home DIR",
		Short:   "Take your own proposal back before its vote ends; a part of the deposit is lost",
		Example: "  althing proposal cancel 1 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			account, number, err := s.accountAndProposal(ctx, args[0])
			if err != nil {
				return err
			}
			receipt, err := account.Send(ctx, client.CancelProposal{Proposal: number})
			if err != nil {
				return s.hintProposal(ctx, account, number, err)
			}
			return s.showDone(proposalDone{Event: "cancelled", Proposal: number, Height: receipt.Height}, "cancelled")
		},
	}
}
