package main

import (
	"github.com/spf13/cobra"

	"github.com/althing-network/althing/view"
)

func (s *session) taskPayouts() *cobra.Command {
	return &cobra.Command{
		Use:   "payouts TASK",
		Short: "Show who earned what in a task, and where the rest of the escrow is",
		Long: `Shows what a task has paid, by role and node. A node's pay goes to its owner; where its
rows are lent, the lender gets half of it. SERVED is how many of its rounds used the node's
part in their result; ABORTED is what it earned in rounds that were aborted. Of a round in
which no trainer spoke the chain keeps totals only. What nodes lose for faults in the task
is burned. In uthing, as in --json: paid + refunded + burned = escrow + slashed, once the
task is closed; before that, a part is still held.`,
		Example: "  althing task payouts 1\n  althing task payouts 1 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := s.findTask(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			v, err := view.ReadPayouts(cmd.Context(), c, t)
			if err != nil {
				return err
			}
			return s.show(v)
		},
	}
}
