package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) taskList() *cobra.Command {
	var p pageFlags
	var state, owner string
	c := &cobra.Command{
		Use:     "list",
		Short:   "List tasks",
		Long:    "Lists tasks. ESCROW and PAID are in THING.",
		Example: "  althing task list --state running\n  althing task list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var want spec.TaskState
			words := []string{"task list"}
			if state != "" {
				if err := want.UnmarshalText([]byte(state)); err != nil {
					return fmt.Errorf("--state: %w", err)
				}
				words = append(words, "--state", state)
			}
			if owner != "" {
				words = append(words, "--owner", quote(owner))
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			tasks, next, err := readPages(p, func(page client.Page) ([]spec.Task, client.Page, error) {
				return c.Tasks(cmd.Context(), want, owner, page)
			})
			if err != nil {
				return err
			}
			s.hintNext(p, next, words...)
			return showList(s, view.Tasks(tasks))
		},
	}
	p.add(c)
	c.Flags().StringVar(&state, "state", "", "only tasks in this state: waiting, preparing, running, reached, spent, failed or cancelled")
	c.Flags().StringVar(&owner, "owner", "", "only tasks of this account")
	return c
}
