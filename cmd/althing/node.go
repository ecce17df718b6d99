package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// node is about registered participants.
func (s *session) node() *cobra.Command {
	return noun("node", "See who takes part, and whether your own node does",
		s.nodeInit(), s.nodeRegister(), s.nodeList(), s.nodeShow(), s.nodeDisk(),
		s.nodeStake(), s.nodeUnbond(),
		s.nodeSend("unjail", "Let a node be selected again whose time in jail is over", client.Unjail{}),
		s.nodeSend("leave", "Take a leave: the node finishes what it serves and is not selected", client.Deactivate{}),
		s.nodeSend("return", "Return from a leave: the node may be selected", client.Activate{}),
		s.nodeRotate(), s.nodeAccuse(),
		s.nodeExit())
}

func (s *session) nodeList() *cobra.Command {
	var p pages
	var roles string
	var active bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "List nodes",
		Example: "  althing node list --role trainer --active\n  althing node list --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var want spec.Role
			words := []string{"node list"}
			if roles != "" {
				var err error
				if want, err = spec.ParseRoles(roles); err != nil {
					return fmt.Errorf("--role: %w", err)
				}
				words = append(words, "--role", want.String())
			}
			if active {
				words = append(words, "--active")
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			nodes, more, err := read(p, func(at client.Page) ([]spec.Node, client.Page, error) {
				return c.Nodes(cmd.Context(), want, active, at)
			})
			if err != nil {
				return err
			}
			s.more(more, append(words, fmt.Sprintf("--limit %d", p.limit))...)
			return show(s, nodes, []any{"NODE", "NAME", "ROLES", "STATE", "REPUTATION", "STAKE", "BUSY", "DATA"}, nodeRow)
		},
	}
	p.flags(c)
	c.Flags().StringVar(&roles, "role", "", "only nodes that hold these roles, separated by commas")
	c.Flags().BoolVar(&active, "active", false, "only nodes that can be selected")
	return c
}

func nodeRow(n spec.Node) []any {
	return []any{
		n.ID, n.Profile.Name, n.Profile.Roles, n.State, n.Reputation, money(n.Stake),
		fmt.Sprintf("%d of %d", n.Busy, n.Profile.Slots), holdings(n.Profile),
	}
}

func (s *session) nodeShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show [NODE]",
		Short:   "Show one node; without a number, that of --home",
		Example: "  althing node show 3\n  althing node show --home hospital-6",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, n, err := s.own(cmd.Context())
				if err != nil {
					return err
				}
				return s.showNode(n)
			}
			number, err := id("node", args[0])
			if err != nil {
				return err
			}
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			n, err := c.Node(cmd.Context(), number)
			if err != nil {
				return s.explain(fmt.Errorf("node %d: %w", number, err))
			}
			return s.showNode(n)
		},
	}
}

func (s *session) nodeRotate() *cobra.Command {
	return &cobra.Command{
		Use:     "rotate --home DIR",
		Short:   "Give a node that is stopped new transport and sealing keys",
		Example: "  althing node rotate --home net/trainer-1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, _, err := s.own(cmd.Context()); err != nil {
				return err
			}
			n, err := daemon.RotateKeys(cmd.Context(), s.home)
			if errors.Is(err, daemon.ErrInUse) {
				err = fmt.Errorf("%w: stop the node, give it new keys, and start it again", err)
			}
			if err != nil {
				return err
			}
			return s.showNode(n)
		},
	}
}

// own finds the node of the home folder.
func (s *session) own(ctx context.Context) (*client.Account, spec.Node, error) {
	account, err := s.account(ctx)
	if err != nil {
		return nil, spec.Node{}, err
	}
	n, err := account.NodeByOwner(ctx, account.Address())
	if errors.Is(err, client.ErrNodeNotFound) {
		return nil, n, hinted{fmt.Errorf("%s: %w", s.home, err), "althing start --home " + quote(s.home)}
	}
	return account, n, err
}

// nameOf is a node's name; one that has left has none.
func nameOf(ctx context.Context, c *client.Client, node uint64) (string, error) {
	n, err := c.Node(ctx, node)
	if n.State == spec.NodeExited {
		return "(has left)", err
	}
	return n.Profile.Name, err
}

func holdings(p spec.Profile) any {
	var held []string
	for _, d := range p.Holdings {
		rows := fmt.Sprintf("%d rows", d.Samples)
		if d.Withheld() {
			rows = "a withheld number of rows"
		}
		held = append(held, rows+" of "+d.Name)
	}
	return unless(len(held) == 0, strings.Join(held, ", "))
}

func capability(c spec.Capability) string {
	if c.Needs == (spec.Resources{}) {
		return c.Kind
	}
	return fmt.Sprintf("%s, which needs %s", c.Kind, resources(c.Needs))
}

func resources(r spec.Resources) string {
	return fmt.Sprintf("%d cores, %d MiB memory, %d GPUs, %d MiB storage, %d kbit/s", r.CPU, r.Memory, r.GPU, r.Storage, r.Bandwidth)
}

// policy is what a node says of the tasks that it serves, an entry a line.
func policy(p spec.Policy) (entries []string) {
	if !p.SoleAggregator {
		entries = append(entries, "trains for no task with one aggregator")
	}
	if p.MinAggregators > 0 {
		entries = append(entries, fmt.Sprintf("at least %d aggregators", p.MinAggregators))
	}
	if p.MinPay > 0 {
		entries = append(entries, fmt.Sprintf("at least %s a round for its part", money(p.MinPay)))
	}
	if p.MinDeadline > 0 {
		entries = append(entries, fmt.Sprintf("at least %s for training", p.MinDeadline))
	}
	if len(p.Owners) > 0 {
		entries = append(entries, "only tasks of "+strings.Join(p.Owners, ", "))
	}
	if len(p.Datasets) > 0 {
		entries = append(entries, "only tasks for "+strings.Join(p.Datasets, ", "))
	}
	if len(entries) == 0 {
		return []string{"serves every task, also with one aggregator"}
	}
	return entries
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
