package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
)

// chainCheck is the result of a check of the chain's state.
type chainCheck struct {
	Height     int64              `json:"height"`
	Violations []client.Violation `json:"violations"`
}

func (s *session) chainCheck() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Ask a validator whether its state is consistent",
		Long: `Asks a validator to check its whole state: whether the supply is the sum of all balances
and below the cap, whether the accounts of tasks, stakes and proposals hold what they must,
and whether the records of nodes, tasks and data sets agree with each other. Exit code 1:
something is inconsistent, which is a bug of the chain.`,
		Example: "  althing chain check\n  althing chain check --home net/validator-1 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			done := chainCheck{Violations: []client.Violation{}}
			found, height, err := c.Violations(cmd.Context())
			if err != nil {
				return err
			}
			done.Height, done.Violations = height, append(done.Violations, found...)
			if s.json {
				err = s.line(done)
			} else {
				err = s.showChainCheck(done)
			}
			if err == nil && len(found) > 0 {
				err = fmt.Errorf("%d invariants do not hold at height %d", len(found), height)
			}
			return err
		},
	}
}

func (s *session) showChainCheck(done chainCheck) error {
	for _, v := range done.Violations {
		if err := s.say("broken: %s: %s", v.Invariant, v.Says); err != nil {
			return err
		}
	}
	if len(done.Violations) > 0 {
		return nil
	}
	return s.say("the books are in order at height %d", done.Height)
}
