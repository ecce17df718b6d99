package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
)

// books are how a check finds the chain.
type books struct {
	Height     int64              `json:"height"`
	Violations []client.Violation `json:"violations"`
}

func (s *session) chainCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Ask a chain node whether the books are in order",
		Long: `Asks a chain node to go through its whole state: whether the supply is the sum of
all balances and below the cap, the accounts of tasks, stakes and proposals hold what
they must, and what is stored of nodes, tasks and data sets agrees. Exit code 1: it
does not, which is a bug of the chain.`,
		Example: "  althing chain check\n  althing chain check --home net/validator-1 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			done := books{Violations: []client.Violation{}}
			found, height, err := c.Violations(cmd.Context())
			if err != nil {
				return err
			}
			done.Height, done.Violations = height, append(done.Violations, found...)
			if s.json {
				err = s.line(done)
			} else {
				err = s.books(done)
			}
			if err == nil && len(found) > 0 {
				err = fmt.Errorf("%d invariants do not hold at height %d", len(found), height)
			}
			return err
		},
	}
}

func (s *session) books(done books) error {
	for _, v := range done.Violations {
		if _, err := fmt.Fprintf(s.out, "not so: %s: %s\n", v.Invariant, v.Says); err != nil {
			return err
		}
	}
	if len(done.Violations) > 0 {
		return nil
	}
	_, err := fmt.Fprintf(s.out, "the books are in order at height %d\n", done.Height)
	return err
}
