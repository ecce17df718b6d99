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
	return noun("token", "Send THING, and see how much each account holds", s.tokenBalance(), s.tokenSend(), s.tokenFaucet(), s.tokenSupply(), s.tokenHolders())
}

// lacksCoins adds to a refusal for lack of coins how many the account has. The error wraps
// reason. Other refusals stay as they are.
func lacksCoins(ctx context.Context, account *client.Account, refused, reason error, wanted string) error {
	if !errors.Is(refused, reason) && !errors.Is(refused, client.ErrFunds) {
		return refused
	}
	balance, err := account.Balance(ctx, account.Address())
	if err != nil {
		return errors.Join(refused, err)
	}
	return fmt.Errorf("%w: %s and its transaction costs a fee, but %s can spend only %s", reason, wanted, account.Address(), spec.Money(balance))
}
