package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

func (s *session) proposalVote() *cobra.Command {
	return &cobra.Command{
		Use:     "vote N yes|no|abstain|veto --home DIR",
		Short:   "Vote on a proposal, once, with the stake that was there when its vote began",
		Example: "  althing proposal vote 1 yes --home net/trainer-1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			var option spec.Option
			if err := option.UnmarshalText([]byte(args[1])); err != nil {
				return err
			}
			account, number, err := s.accountAndProposal(ctx, args[0])
			if err != nil {
				return err
			}
			receipt, err := account.Send(ctx, client.Vote{Proposal: number, Option: option})
			if err != nil {
				return s.hintProposal(ctx, account, number, err)
			}
			power, err := account.Power(ctx, account.Address(), number)
			if err != nil {
				return err
			}
			return s.showDone(proposalDone{Event: "voted", Proposal: number, Vote: option, Power: power.Power, Height: receipt.Height},
				fmt.Sprintf("%s votes %s with %s", account.Address(), option, spec.Money(power.Power)))
		},
	}
}
