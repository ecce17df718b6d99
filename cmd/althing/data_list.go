package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) dataList() *cobra.Command {
	var p pageFlags
	var owner, name string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List data sets",
		Example: "  althing data list --name digits\n  althing data list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			sets, next, err := readPages(p, func(page client.Page) ([]spec.Dataset, client.Page, error) {
				return c.Datasets(cmd.Context(), owner, name, page)
			})
			if err != nil {
				return err
			}
			s.hintNext(p, next, filterWords("data list", owner, name)...)
			return showList(s, view.Datasets(sets))
		},
	}
	p.add(c)
	addFilters(c, &owner, &name)
	return c
}
