package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

func (s *session) nodeStake() *cobra.Command {
	return &cobra.Command{
		Use:     "stake AMOUNT --home DIR",
		Short:   "Add an amount of THING to the stake of the node",
		Example: "  althing node stake 2.5 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			amount, err := parseAmount(args[0])
			if err != nil {
				return err
			}
			return s.sendForNode(cmd, func(spec.Node) client.Message { return client.Bond{Amount: amount} })
		},
	}
}

// parseAmount reads an amount of THING above 0, in uthing.
func parseAmount(word string) (uint64, error) {
	amount, err := spec.ParseThing(word)
	if err == nil && amount == 0 {
		err = fmt.Errorf("%q: want more than nothing", word)
	}
	if err != nil {
		return 0, fmt.Errorf("AMOUNT: %w", err)
	}
	return amount, nil
}
