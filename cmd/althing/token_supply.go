package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/view"
)

func (s *session) tokenSupply() *cobra.Command {
	return &cobra.Command{
		Use:     "supply",
		Short:   "Show how many THING there are, circulate, and may ever be",
		Example: "  althing token supply --home net/consumer-1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			supply, err := c.Supply(cmd.Context())
			if err != nil {
				return err
			}
			return s.show(view.Supply{Supply: supply})
		},
	}
}
