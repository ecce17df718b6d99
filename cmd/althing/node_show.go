package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/view"
)

func (s *session) nodeShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show NODE",
		Short:   "Show one node",
		Example: "  althing node show 3",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := id("node", args[0])
			if err != nil {
				return err
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			n, err := c.Node(cmd.Context(), number)
			if err != nil {
				return s.explain(fmt.Errorf("node %d: %w", number, err))
			}
			return s.show(view.Node{Node: n})
		},
	}
}
