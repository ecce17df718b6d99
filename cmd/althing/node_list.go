package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) nodeList() *cobra.Command {
	var p pageFlags
	var roles string
	var active bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "List nodes",
		Example: "  althing node list --role trainer --active\n  althing node list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var want spec.Role
			words := []string{"node list"}
			if roles != "" {
				var err error
				if want, err = spec.ParseRoles(roles); err != nil {
					return fmt.Errorf("--role: %w", err)
				}
				words = append(words, "--role", want.String())
			}
			if active {
				words = append(words, "--active")
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			nodes, next, err := readPages(p, func(page client.Page) ([]spec.Node, client.Page, error) {
				return c.Nodes(cmd.Context(), want, active, page)
			})
			if err != nil {
				return err
			}
			s.hintNext(p, next, words...)
			return showList(s, view.Nodes(nodes))
		},
	}
	p.add(c)
	c.Flags().StringVar(&roles, "role", "", "only nodes that have all of these roles, separated by commas")
	c.Flags().BoolVar(&active, "active", false, "only nodes that can be selected")
	return c
}
