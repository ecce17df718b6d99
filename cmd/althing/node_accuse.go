package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
)

func (s *session) nodeAccuse() *cobra.Command {
	return &cobra.Command{
		Use:   "accuse FILE --home DIR",
		Short: "Prove to the chain that a node contradicted itself; costs one transaction",
		Long: `Proves to the chain that a node contradicted itself. It costs one transaction.

FILE has two receipts or two signed answers, in the format of docs/protocol.md. A validator
writes such files into the folder evidence of its home. FILE is checked before it is sent.
The node loses a part of its bond, which is burned: nobody earns by it.`,
		Example: "  althing node accuse net/validator/evidence/task-1-1.json --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			evidence, err := client.ReadEvidence(file)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return s.accuse(cmd, args[0], evidence)
		},
	}
}

// accuse checks evidence, sends it to the chain, and prints what the chain recorded.
func (s *session) accuse(cmd *cobra.Command, path string, evidence client.Evidence) error {
	ctx := cmd.Context()
	account, err := s.account(ctx)
	if err != nil {
		return err
	}
	fault, err := account.CheckEvidence(ctx, evidence)
	if errors.Is(err, round.ErrTaskNotFound) {
		return fmt.Errorf("task %d: %w", evidence.Task, err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	receipt, err := account.Send(ctx, evidence.Message())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if s.json {
		return s.line(struct {
			Event  string `json:"event"`
			Task   uint64 `json:"task"`
			Round  uint64 `json:"round"`
			Node   uint64 `json:"node"`
			Fault  string `json:"fault"`
			Height int64  `json:"height"`
		}{"accused", evidence.Task, fault.Round, fault.Node, fault.Kind, receipt.Height})
	}
	return s.say("node %d contradicted itself in task %d, round %d: recorded at height %d; it loses a part of its bond",
		fault.Node, evidence.Task, fault.Round, receipt.Height)
}
