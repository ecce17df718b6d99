package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) proposalList() *cobra.Command {
	var p pageFlags
	c := &cobra.Command{
		Use:     "list",
		Short:   "List proposals",
		Example: "  althing proposal list\n  althing proposal list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			proposals, next, err := readPages(p, func(page client.Page) ([]spec.Proposal, client.Page, error) { return c.Proposals(cmd.Context(), page) })
			if err != nil {
				return err
			}
			s.hintNext(p, next, "proposal list")
			return showList(s, view.Proposals(proposals))
		},
	}
	p.add(c)
	return c
}
