package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) modelVersions() *cobra.Command {
	var p pageFlags
	var task string
	c := &cobra.Command{
		Use:   "versions LINE|--task N",
		Short: "List the versions of a line: what made each, who took part, its score",
		Long: `Lists the versions of a line in the order in which they were published. Digests are
shortened to their first digits; --json prints all digits.`,
		Example: "  althing model versions 1\n  althing model versions --task 1 --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, l, err := s.findLine(cmd.Context(), args, task)
			if err != nil {
				return err
			}
			versions, next, err := readPages(p, func(page client.Page) ([]spec.Version, client.Page, error) {
				return c.Versions(cmd.Context(), l.ID, page)
			})
			if err != nil {
				return s.hintList(err)
			}
			s.hintNext(p, next, "model versions", fmt.Sprint(l.ID))
			return showList(s, view.Versions(versions))
		},
	}
	p.add(c)
	c.Flags().StringVar(&task, "task", "", "number of a task: list the versions of its line")
	return c
}

// findLine reads the line whose number is the argument, or else the line of a task.
func (s *session) findLine(ctx context.Context, args []string, task string) (*client.Client, client.Registered, error) {
	var l client.Registered
	if (len(args) > 0) == (task != "") {
		return nil, l, errors.New("want a line, or --task and its number")
	}
	what, word := "task", task
	if task == "" {
		what, word = "line", args[0]
	}
	number, err := id(what, word)
	if err != nil {
		return nil, l, err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return nil, l, err
	}
	if task == "" {
		l, err = c.Line(ctx, number)
	} else {
		l, err = c.LineOf(ctx, number)
	}
	if err != nil {
		return nil, l, s.hintList(fmt.Errorf("%s %d: %w", what, number, err))
	}
	return c, l, nil
}
