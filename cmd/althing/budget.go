package main

import "github.com/spf13/cobra"

// budget is about privacy: what may be lost of it, what is, and what a plan would cost.
func (s *session) budget() *cobra.Command {
	return noun("budget", "Count privacy: what releases cost before they are made", s.budgetPlan())
}
