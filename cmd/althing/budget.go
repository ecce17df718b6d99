package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// budget is about privacy: what may be lost of it, what is, and what a plan would cost.
func (s *session) budget() *cobra.Command {
	return noun("budget", "Count privacy: what may be lost, what is, and what releases would cost",
		s.budgetShow(), s.budgetSet(), s.budgetHistory(), s.budgetCheck(), s.budgetPlan())
}

func (s *session) budgetShow() *cobra.Command {
	var p pages
	var owner, name string
	c := &cobra.Command{
		Use:   "show [DATA]",
		Short: "Show the budget of a data set, or of all",
		Long: `Shows how much privacy may be lost of a data set, how much is spent and reserved, and
what is left. The ledger's epsilon is made of integers on which all validators agree,
and decides when to stop; an accountant's epsilon of the same releases stands beside it.`,
		Example: "  althing budget show 1\n  althing budget show --name digits --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if len(args) == 1 {
				c, d, err := s.dataset(ctx, args[0])
				if err != nil {
					return err
				}
				return s.showBudget(ctx, c, d)
			}
			c, err := s.dial(ctx)
			if err != nil {
				return err
			}
			sets, more, err := read(p, func(at client.Page) ([]spec.Dataset, client.Page, error) { return c.Datasets(ctx, owner, name, at) })
			if err != nil {
				return err
			}
			var books []booked
			for _, d := range sets {
				b, err := readBook(ctx, c, d)
				if err != nil {
					return err
				}
				books = append(books, b)
			}
			s.more(more, append(filters("budget show", owner, name), fmt.Sprintf("--limit %d", p.limit))...)
			return show(s, books, []any{"DATA", "NAME", "UNIT", "EPSILON", "DELTA", "SPENT", "RESERVED", "LEFT", "OWNER", "NOTE"}, func(b booked) []any {
				return []any{b.Dataset, b.Name, b.Unit, b.Limit, b.Delta, b.Ledger, b.Reserved, b.Left, b.Owner, unless(b.Label == "", b.Label)}
			})
		},
	}
	p.flags(c)
	filtered(c, &owner, &name)
	return c
}

func (s *session) budgetSet() *cobra.Command {
	var l limiting
	c := &cobra.Command{
		Use:   "set DATA --epsilon E --home DIR",
		Short: "Lower how much privacy may be lost of your data set",
		Long: `Lowers the limit of a data set: it may be lowered at any time, never raised, and never
below what is spent. Without --delta, delta stays as it is.`,
		Example: "  althing budget set 1 --epsilon 2 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			number, err := id("data set", args[0])
			if err != nil {
				return err
			}
			if err := l.check(cmd); err != nil {
				return err
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			d, err := account.Dataset(ctx, number)
			if err != nil {
				return s.explain(fmt.Errorf("data set %d: %w", number, err))
			}
			book, err := account.Book(ctx, number)
			if err != nil {
				return err
			}
			limit, err := l.below(book.Limit, cmd.Flags().Changed("delta"))
			if err != nil {
				return err
			}
			if _, _, err := book.Lower(limit); err != nil {
				return hinted{fmt.Errorf("data set %d: %w", number, err), s.command("budget show", args[0])}
			}
			if d.Owner == account.Address() { // who is not is refused by the chain
				if err := s.lowerOwn(d, limit); err != nil {
					return err
				}
			}
			if _, err := account.Send(ctx, client.LowerLimit{Dataset: number, Limit: limit}); err != nil {
				return s.ownerless(err, args[0])
			}
			fresh, d, err := s.dataset(ctx, args[0])
			if err != nil {
				return err
			}
			return s.showBudget(ctx, fresh, d)
		},
	}
	l.flags(c)
	c.Flags().Lookup("delta").DefValue = "" // without the flag it stays as it is
	return c
}

// lowerOwn lowers the limit in the owner's own ledger, if that knows the data set.
func (s *session) lowerOwn(d spec.Dataset, limit cost.Limit) error {
	own, err := mirror.Open(s.home)
	if err != nil {
		return err
	}
	defer own.Close()
	for _, known := range own.Datasets() {
		if known.Commitment == d.Commitment {
			if err := own.Lower(d.Commitment, limit); err != nil {
				return fmt.Errorf("your own ledger in %s refuses: %w", s.home, err)
			}
			return nil
		}
	}
	return nil
}
