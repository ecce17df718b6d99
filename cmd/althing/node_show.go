package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (s *session) nodeShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show [NODE]",
		Short:   "Show one node; without a number, the node of --home",
		Example: "  althing node show 3\n  althing node show --home hospital-6",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				account, n, err := s.ownNode(cmd)
				if err != nil {
					return err
				}
				return s.showNode(cmd.Context(), account.Client, n)
			}
			number, err := id("node", args[0])
			if err != nil {
				if isNodeHome(args[0]) && s.home == "" {
					return hinted{err, "althing node show --home " + quote(args[0])}
				}
				return hinted{err, s.command("node list")}
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			n, err := c.Node(cmd.Context(), number)
			if err != nil {
				return s.hintList(fmt.Errorf("node %d: %w", number, err))
			}
			return s.showNode(cmd.Context(), c, n)
		},
	}
}
