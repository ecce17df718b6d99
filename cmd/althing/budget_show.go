package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

func (s *session) budgetShow() *cobra.Command {
	var p pageFlags
	var owner, name string
	c := &cobra.Command{
		Use:   "show [DATA]",
		Short: "Show the budget of a data set, or of all",
		Long: `Shows how much privacy of a data set may be lost, how much is spent and reserved, and
what is left. The ledger's epsilon is counted in integers on which all validators agree; it
decides when to stop. An accountant's epsilon of the same releases is shown for comparison.`,
		Example: "  althing budget show 1\n  althing budget show --name digits --json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if len(args) == 1 {
				c, d, err := s.findDataset(ctx, args[0])
				if err != nil {
					return err
				}
				return s.showBudget(ctx, c, d)
			}
			c, err := s.dial(ctx)
			if err != nil {
				return err
			}
			sets, next, err := readPages(p, func(page client.Page) ([]spec.Dataset, client.Page, error) {
				return c.Datasets(ctx, owner, name, page)
			})
			if err != nil {
				return err
			}
			var budgets view.Budgets
			for _, d := range sets {
				b, err := view.ReadBudget(ctx, c, d)
				if err != nil {
					return err
				}
				budgets = append(budgets, b)
			}
			s.hintNext(p, next, filterWords("budget show", owner, name)...)
			return showList(s, budgets)
		},
	}
	p.add(c)
	addFilters(c, &owner, &name)
	return c
}

func (s *session) showBudget(ctx context.Context, c *client.Client, d spec.Dataset) error {
	b, err := view.ReadBudget(ctx, c, d)
	if err != nil {
		return err
	}
	return s.show(b)
}
