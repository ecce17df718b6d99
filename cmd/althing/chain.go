package main

import (
	"github.com/spf13/cobra"
)

// chain is about the chain and what a validator stores of it.
func (s *session) chain() *cobra.Command {
	return noun("chain", "Look after the chain and what a validator stores of it", s.chainPrune(), s.chainCheck(), s.chainExport(), s.chainImport())
}
