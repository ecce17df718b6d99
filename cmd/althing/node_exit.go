package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) nodeExit() *cobra.Command {
	return &cobra.Command{
		Use:   "exit --home DIR",
		Short: "Leave the network for good and take the whole stake back",
		Long: `Takes the node off the network: no task selects it any more, and its whole stake goes
back to its account, after the time that the chain's rules say. A node that serves a task
is refused: "node leave" lets it finish what it serves, and take no more.`,
		Example: "  althing node exit --home hospital-6",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			account, before, err := s.ownNode(cmd)
			if err != nil {
				return err
			}
			_, err = account.Send(ctx, client.Exit{})
			if errors.Is(err, client.ErrNodeBusy) {
				return hinted{fmt.Errorf("node %d serves %s: let it finish them first", before.ID, view.Counted(before.Busy, "task")), s.command("node leave")}
			}
			if err != nil {
				return fmt.Errorf("node %d: %w", before.ID, err)
			}
			n, err := account.Node(ctx, before.ID)
			if err != nil {
				return err
			}
			if s.json {
				return s.line(n)
			}
			if err := s.say("node %d %s has left %s: no task selects it any more, and its process can be stopped", n.ID, before.Profile.Name, account.Chain()); err != nil {
				return err
			}
			for _, u := range n.Unbonding {
				if err := s.say("%s of its stake are with %s again at %s", spec.Money(u.Amount), n.Owner, view.Date(u.Due)); err != nil {
					return err
				}
			}
			if n.State == spec.NodeExited && len(n.Unbonding) == 0 {
				return s.say("it had no stake")
			}
			return nil
		},
	}
}
