package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// nodeSend says something about the node of the home folder.
func (s *session) nodeSend(verb, short string, m client.Message) *cobra.Command {
	return &cobra.Command{
		Use:     verb + " --home DIR",
		Short:   short,
		Example: "  althing node " + verb + " --home net/trainer-1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.tell(cmd, func(spec.Node) client.Message { return m })
		},
	}
}

func (s *session) nodeStake() *cobra.Command {
	return &cobra.Command{
		Use:     "stake AMOUNT --home DIR",
		Short:   "Add so many THING to the stake of the node",
		Example: "  althing node stake 2.5 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			amount, err := amountOf(args[0])
			if err != nil {
				return err
			}
			return s.tell(cmd, func(spec.Node) client.Message { return client.Bond{Amount: amount} })
		},
	}
}

// errUnbond is what neither amount nor number makes clear.
var errUnbond = errors.New("want either an AMOUNT to take back or --cancel with the number of an unbonding")

func (s *session) nodeUnbond() *cobra.Command {
	var cancel string
	c := &cobra.Command{
		Use:     "unbond AMOUNT|all --home DIR",
		Short:   "Take so many THING of the stake back that no task holds, after some time",
		Example: "  althing node unbond 2.5 --home net/trainer-1\n  althing node unbond all --home net/trainer-1\n  althing node unbond --cancel 1 --home net/trainer-1",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == (cancel != "") {
				return errUnbond
			}
			if cancel != "" {
				number, err := id("unbonding", cancel)
				if err != nil {
					return fmt.Errorf("--cancel: %w", err)
				}
				return s.tell(cmd, func(spec.Node) client.Message { return client.CancelUnbond{Number: number} })
			}
			if args[0] == "all" {
				return s.tell(cmd, func(n spec.Node) client.Message { return client.Unbond{Amount: n.Own()} })
			}
			amount, err := amountOf(args[0])
			if err != nil {
				return err
			}
			return s.tell(cmd, func(spec.Node) client.Message { return client.Unbond{Amount: amount} })
		},
	}
	c.Flags().StringVar(&cancel, "cancel", "", "number of an unbonding that returns to the stake instead, see node show")
	return c
}

// amountOf reads an amount of THING that is not nothing.
func amountOf(word string) (uint64, error) {
	amount, err := spec.ParseThing(word)
	if err == nil && amount == 0 {
		err = fmt.Errorf("%q: want more than nothing", word)
	}
	if err != nil {
		return 0, fmt.Errorf("AMOUNT: %w", err)
	}
	return amount, nil
}

// tell says something about the node of the home folder, and shows what has become of it.
func (s *session) tell(cmd *cobra.Command, say func(spec.Node) client.Message) error {
	ctx := cmd.Context()
	account, n, err := s.own(ctx)
	if err != nil {
		return err
	}
	m := say(n)
	if _, err := account.Send(ctx, m); err != nil {
		err = fmt.Errorf("node %d: %w", n.ID, err)
		if more, ok := m.(client.Bond); ok {
			return lacking(ctx, account, err, client.ErrFunds, "the stake grows by "+money(more.Amount))
		}
		return err
	}
	if n, err = account.Node(ctx, n.ID); err != nil {
		return err
	}
	return s.showNode(n)
}
