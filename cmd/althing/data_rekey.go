package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
)

// dataRekey replaces the key with which the owner signs.
func (s *session) dataRekey() *cobra.Command {
	return &cobra.Command{
		Use:   "rekey DATA --home DIR",
		Short: "Make a new key with which your node signs what it charges to your data set",
		Long: `Makes a new key beside your own ledger in the home folder and puts its public half on
the chain. Do this when others may know the old key. A running round keeps the key that it
began with. Data sets that were registered from one home folder share a key: run the
command for each of them.`,
		Example: "  althing data rekey 1 --home net/trainer-1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			_, before, err := s.findDataset(ctx, args[0])
			if err != nil {
				return err
			}
			account, err := s.account(ctx)
			if err != nil {
				return err
			}
			if account.Address() != before.Owner {
				return s.hintDataset(fmt.Errorf("%w %d, which belongs to %s", client.ErrNotOwner, before.ID, before.Owner), args[0])
			}
			if _, err := daemon.RenewKey(ctx, account, s.home, before); err != nil {
				return s.hintDataset(err, args[0])
			}
			c, d, err := s.findDataset(ctx, args[0])
			if err != nil {
				return err
			}
			return s.showDataset(ctx, c, d)
		},
	}
}
