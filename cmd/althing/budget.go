package main

import (
	"github.com/spf13/cobra"
)

// budget is about privacy: how much may be lost, how much is, and what releases would cost.
func (s *session) budget() *cobra.Command {
	return noun("budget", "Count privacy: how much may be lost, how much is lost, and what releases would cost",
		s.budgetShow(), s.budgetSet(), s.budgetHistory(), s.budgetCheck(), s.budgetPlan())
}
