package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/view"
)

func (s *session) tokenHolders() *cobra.Command {
	var p pageFlags
	c := &cobra.Command{
		Use:     "holders",
		Short:   "List the accounts that hold THING",
		Example: "  althing token holders --limit 20\n  althing token holders --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			holders, next, err := readPages(p, func(page client.Page) ([]client.Holder, client.Page, error) { return c.Holders(cmd.Context(), page) })
			if err != nil {
				return err
			}
			s.hintNext(p, next, "token holders")
			return showList(s, view.Holders(holders))
		},
	}
	p.add(c)
	return c
}
