package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/view"
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
		Long: `Asks a validator whether these invariants hold in its whole state:

  the supply is the sum of all balances
  there is nothing but uthing, and no more than the cap
  the registry's account holds the stakes
  the account of tasks holds what they have not paid
  the account of proposals holds the deposits
  records of nodes are consistent
  records of tasks are consistent
  records of data sets are consistent
  records of models are consistent
  each task publishes into one line of models
  records of votes are consistent

Prints those that do not hold, each with what the state has instead. Then the exit code is
1, and the chain has a bug.`,
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
				err = fmt.Errorf("the state at height %d breaks %s", height, view.Counted(len(found), "invariant"))
			}
			return err
		},
	}
}

func (s *session) showChainCheck(done chainCheck) error {
	for _, v := range done.Violations {
		if err := s.say("does not hold: %s: %s", v.Invariant, v.Says); err != nil {
			return err
		}
	}
	if len(done.Violations) > 0 {
		return nil
	}
	return s.say("all invariants hold at height %d", done.Height)
}
