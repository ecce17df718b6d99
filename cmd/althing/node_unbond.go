package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// errUnbond says that it is unclear what to take back.
var errUnbond = errors.New("want either an AMOUNT to take back or --cancel with the number of an unbonding")

func (s *session) nodeUnbond() *cobra.Command {
	var cancel string
	c := &cobra.Command{
		Use:     "unbond AMOUNT|all --home DIR",
		Short:   "Take an amount of stake back that no task holds; it arrives after the unbonding time",
		Example: "  althing node unbond 2.5 --home net/trainer-1\n  althing node unbond all --home net/trainer-1\n  althing node unbond --cancel 1 --home net/trainer-1",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == (cancel != "") {
				return errUnbond
			}
			if cancel != "" {
				number, err := id("unbonding", cancel)
				if err != nil {
					return fmt.Errorf("--cancel: %w", err)
				}
				return s.sendForNode(cmd, func(spec.Node) client.Message { return client.CancelUnbond{Number: number} })
			}
			if args[0] == "all" {
				return s.sendForNode(cmd, func(n spec.Node) client.Message { return client.Unbond{Amount: n.OwnStake()} })
			}
			amount, err := parseAmount(args[0])
			if err != nil {
				return err
			}
			return s.sendForNode(cmd, func(spec.Node) client.Message { return client.Unbond{Amount: amount} })
		},
	}
	c.Flags().StringVar(&cancel, "cancel", "", "number of an unbonding that returns to the stake instead; \"node show\" lists them")
	return c
}
