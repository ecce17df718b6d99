package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

func (s *session) budgetSet() *cobra.Command {
	var l limitFlags
	c := &cobra.Command{
		Use:   "set DATA --epsilon E --home DIR",
		Short: "Lower how much privacy of your data set may be lost",
		Long: `Lowers the limit of a data set. A limit may be lowered at any time, but not below what is
spent, and it can never be raised. Without --delta, delta stays as it is.`,
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
				return s.hintList(fmt.Errorf("data set %d: %w", number, err))
			}
			book, err := account.Book(ctx, number)
			if err != nil {
				return err
			}
			limit, err := l.change(book.Limit, cmd.Flags().Changed("delta"))
			if err != nil {
				return err
			}
			if _, _, err := book.Lower(limit); err != nil {
				return hinted{fmt.Errorf("data set %d: %w", number, err), s.command("budget show", args[0])}
			}
			if d.Owner == account.Address() { // the chain refuses anybody else
				if err := s.lowerOwnLedger(d, limit); err != nil {
					return err
				}
			}
			if _, err := account.Send(ctx, client.LowerLimit{Dataset: number, Limit: limit}); err != nil {
				return s.hintDataset(err, args[0])
			}
			chain, d, err := s.findDataset(ctx, args[0])
			if err != nil {
				return err
			}
			return s.showBudget(ctx, chain, d)
		},
	}
	l.add(c)
	c.Flags().Lookup("delta").DefValue = "" // without the flag it stays as it is
	return c
}

// lowerOwnLedger lowers the limit in the owner's own ledger, if the ledger knows the data set.
func (s *session) lowerOwnLedger(d spec.Dataset, limit cost.Limit) error {
	ledger, err := mirror.Open(s.home)
	if err != nil {
		return err
	}
	defer ledger.Close()
	for _, registered := range ledger.Datasets() {
		if registered.Commitment == d.Commitment {
			if err := ledger.Lower(d.Commitment, limit); err != nil {
				return fmt.Errorf("your own ledger in %s refuses: %w", s.home, err)
			}
			return nil
		}
	}
	return nil
}
