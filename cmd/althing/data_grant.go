package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
)

// dataGrant says who may train on a data set.
func (s *session) dataGrant(verb, short string, message func(dataset, node uint64) client.Message) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " DATA NODE --home DIR",
		Short:   short,
		Example: "  althing data " + verb + " 1 7 --home net/trainer-1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			number, err := id("data set", args[0])
			if err != nil {
				return err
			}
			node, err := id("node", args[1])
			if err != nil {
				return err
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			if _, err := account.Send(ctx, message(number, node)); err != nil {
				return s.hintDataset(err, args[0])
			}
			c, d, err := s.findDataset(ctx, args[0])
			if err != nil {
				return err
			}
			return s.showDataset(ctx, c, d)
		},
	}
}
