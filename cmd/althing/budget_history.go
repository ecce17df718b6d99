package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/view"
)

func (s *session) budgetHistory() *cobra.Command {
	var p pageFlags
	c := &cobra.Command{
		Use:     "history DATA",
		Short:   "Show every entry of a data set's book, each with its reason; none is ever changed",
		Example: "  althing budget history 1\n  althing budget history 1 --all --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, d, err := s.findDataset(ctx, args[0])
			if err != nil {
				return err
			}
			rows, next, err := readPages(p, func(page client.Page) ([]cost.Row, client.Page, error) { return c.Rows(ctx, d.ID, page) })
			if err != nil {
				return err
			}
			var list view.BookRows
			for _, row := range rows {
				list = append(list, view.BookRowOf(d.ID, row))
			}
			s.hintNext(p, next, "budget history", args[0])
			return showList(s, list)
		},
	}
	p.add(c)
	return c
}
