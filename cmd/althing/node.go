package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// node is about registered participants.
func (s *session) node() *cobra.Command {
	return noun("node", "Register and manage your node, and see the nodes of others",
		s.nodeInit(), s.nodeRegister(), s.nodeList(), s.nodeShow(), s.nodeDisk(),
		s.nodeStake(), s.nodeUnbond(),
		s.nodeMessage("unjail", "Let a node be selected again after its time in jail", client.Unjail{}),
		s.nodeMessage("leave", "Take a leave: the node finishes what it serves and is not selected", client.Deactivate{}),
		s.nodeMessage("return", "Return from a leave: the node may be selected", client.Activate{}),
		s.nodeRotate(), s.nodeAccuse(),
		s.nodeExit())
}

// ownNode finds the node of the home folder.
func (s *session) ownNode(cmd *cobra.Command) (*client.Account, spec.Node, error) {
	ctx := cmd.Context()
	account, err := s.account(ctx)
	if err != nil {
		return nil, spec.Node{}, err
	}
	n, err := account.NodeByOwner(ctx, account.Address())
	if errors.Is(err, client.ErrNodeNotFound) && !isNodeHome(s.home) {
		return nil, n, s.noNodeHome(cmd)
	}
	if errors.Is(err, client.ErrNodeNotFound) {
		return nil, n, hinted{fmt.Errorf("%s: %w", s.home, err), "althing node register --home " + quote(s.home)}
	}
	return account, n, err
}

// nodeMessage is a command that sends a message about the node of the home folder.
func (s *session) nodeMessage(verb, short string, m client.Message) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " --home DIR",
		Short:   short,
		Example: "  althing node " + verb + " --home net/trainer-1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.sendForNode(cmd, func(spec.Node) client.Message { return m })
		},
	}
}

// sendForNode sends a message about the node of the home folder, and shows the node as it is
// then.
func (s *session) sendForNode(cmd *cobra.Command, message func(spec.Node) client.Message) error {
	ctx := cmd.Context()
	account, n, err := s.ownNode(cmd)
	if err != nil {
		return err
	}
	m := message(n)
	if _, err := account.Send(ctx, m); err != nil {
		err = fmt.Errorf("node %d: %w", n.ID, err)
		if bond, ok := m.(client.Bond); ok {
			return lacksCoins(ctx, account, err, client.ErrFunds, "the stake grows by "+spec.Money(bond.Amount))
		}
		return err
	}
	if n, err = account.Node(ctx, n.ID); err != nil {
		return err
	}
	return s.showNode(ctx, account.Client, n)
}

// showNode prints a node, with what keeps it from training on its registered data sets.
func (s *session) showNode(ctx context.Context, c *client.Client, n spec.Node) error {
	v, err := view.ReadNode(ctx, c, n)
	if err != nil {
		return err
	}
	return s.show(v)
}
