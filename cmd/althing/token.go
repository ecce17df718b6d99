package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// token is about coins.
func (s *session) token() *cobra.Command {
	return noun("token", "Send THING, and see who has how much", s.tokenBalance(), s.tokenSend(), s.tokenFaucet(), s.tokenSupply(), s.tokenHolders())
}

func (s *session) tokenBalance() *cobra.Command {
	return &cobra.Command{
		Use:     "balance [ADDRESS]",
		Short:   "Show what an account can spend; without an address, that of --home",
		Example: "  althing token balance --home net/consumer-1\n  althing token balance althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			var c *client.Client
			var held client.Holder
			if len(args) == 1 {
				if err := client.CheckAddress(args[0]); err != nil {
					return err
				}
				var err error
				if c, err = s.dial(ctx); err != nil {
					return err
				}
				held.Address = args[0]
			} else {
				account, err := s.account(ctx)
				if err != nil {
					return err
				}
				c, held.Address = account.Client, account.Address()
			}
			var err error
			if held.Amount, err = c.Balance(ctx, held.Address); err != nil {
				return err
			}
			if s.json {
				return s.line(held)
			}
			_, err = fmt.Fprintln(s.out, money(held.Amount))
			return err
		},
	}
}

// sent is a transfer that is in a block.
type sent struct {
	Event  string `json:"event"`
	To     string `json:"to"`
	Amount uint64 `json:"uthing"`
	Height int64  `json:"height"`
}

func (s *session) tokenSend() *cobra.Command {
	return &cobra.Command{
		Use:     "send ADDRESS AMOUNT --home DIR",
		Short:   "Send so many THING to an account",
		Example: "  althing token send althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684 1.5 --home net/consumer-1",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if err := client.CheckAddress(args[0]); err != nil {
				return err
			}
			amount, err := spec.ParseThing(args[1])
			if err == nil && amount == 0 {
				err = fmt.Errorf("%q: nothing is not sent", args[1])
			}
			if err != nil {
				return fmt.Errorf("AMOUNT: %w", err)
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			receipt, err := account.Send(ctx, client.Transfer{To: args[0], Amount: amount})
			if err != nil {
				return lacking(ctx, account, err, client.ErrFunds, "the transfer sends "+money(amount))
			}
			if s.json {
				return s.line(sent{"sent", args[0], amount, receipt.Height})
			}
			_, err = fmt.Fprintf(s.err, "%s sent to %s at height %d\n", money(amount), args[0], receipt.Height)
			return err
		},
	}
}

// lacking says of what an account was refused for lack of coins how many it has. The error
// wraps reason; whatever else was refused stays as it is.
func lacking(ctx context.Context, account *client.Account, refused, reason error, wanted string) error {
	if !errors.Is(refused, reason) && !errors.Is(refused, client.ErrFunds) {
		return refused
	}
	balance, err := account.Balance(ctx, account.Address())
	if err != nil {
		return errors.Join(refused, err)
	}
	return fmt.Errorf("%w: %s and its transaction costs a fee, but %s can spend only %s", reason, wanted, account.Address(), money(balance))
}

func (s *session) tokenSupply() *cobra.Command {
	return &cobra.Command{
		Use:     "supply",
		Short:   "Show how many THING there are, circulate, and may ever be",
		Example: "  althing token supply --home net/consumer-1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			supply, err := c.Supply(cmd.Context())
			if err != nil {
				return err
			}
			if s.json {
				return s.line(supply)
			}
			t := s.table()
			t.row("total", money(supply.Total))
			t.row("circulating", fmt.Sprintf("%s, all that no module holds, bonded, staked, in escrow or else", money(supply.Circulating)))
			t.row("cap", money(supply.Cap))
			return t.flush()
		},
	}
}

func (s *session) tokenHolders() *cobra.Command {
	var p pages
	c := &cobra.Command{
		Use:     "holders",
		Short:   "List the accounts that hold THING",
		Example: "  althing token holders --limit 20\n  althing token holders --all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.dial(cmd.Context())
			if err != nil {
				return err
			}
			holders, more, err := read(p, func(at client.Page) ([]client.Holder, client.Page, error) { return c.Holders(cmd.Context(), at) })
			if err != nil {
				return err
			}
			s.more(more, "token holders", fmt.Sprintf("--limit %d", p.limit))
			return show(s, holders, []any{"ADDRESS", "HOLDS"}, func(h client.Holder) []any { return []any{h.Address, money(h.Amount)} })
		},
	}
	p.flags(c)
	return c
}
