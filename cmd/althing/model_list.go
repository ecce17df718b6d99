package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) modelList() *cobra.Command {
	var p pageFlags
	var owner string
	c := &cobra.Command{
		Use:   "list",
		Short: "List the lines of models that the network knows",
		Long: `Lists the lines of models. A line is all versions of one model, whichever tasks of its
owner made them. NEWEST is the number of the newest version, SCORED the number of the
newest version with a score, and that score.`,
		Example: "  althing model list\n  althing model list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			lines, next, err := readPages(p, func(page client.Page) ([]spec.Line, client.Page, error) {
				return c.Lines(cmd.Context(), owner, page)
			})
			if err != nil {
				return err
			}
			s.hintNext(p, next, filterWords("model list", owner, "")...)
			return showList(s, view.Lines(lines))
		},
	}
	p.add(c)
	c.Flags().StringVar(&owner, "owner", "", "only lines of this account")
	return c
}
