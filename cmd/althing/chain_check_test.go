package main

import (
	"strings"
	"testing"

	"github.com/althing-network/althing/chain"
)

// TestChainCheckHelpListsInvariants: the help has the words with which an invariant that does
// not hold is printed.
func TestChainCheckHelpListsInvariants(t *testing.T) {
	help := (&session{}).chainCheck().Long
	for _, invariant := range []string{
		chain.Supply, chain.Capped, chain.Stakes, chain.Escrow, chain.Deposits, chain.Nodes,
		chain.Tasks, chain.Datasets, chain.Models, chain.Lines, chain.Votes,
	} {
		if !strings.Contains(help, "\n  "+invariant+"\n") {
			t.Errorf("the help of chain check does not list %q", invariant)
		}
	}
}
