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

func (s *session) tokenFaucet() *cobra.Command {
	var faucet string
	c := &cobra.Command{
		Use:   "faucet --home DIR",
		Short: "Get coins for a new account, on a network on one machine",
		Long: `Asks the faucet of a network for coins for the account of a home folder, which pay for
a stake and for transactions. An account gets them once. Networks of "althing localnet"
and "althing demo" have a faucet at the RPC address of their first validator; other
networks have none, and coins come from somebody who has some, by "token send".`,
		Example: "  althing token faucet --home hospital-6\n  althing token faucet --faucet http://127.0.0.1:26601 --home hospital-6",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.home == "" {
				return hinted{errNoHome, "althing token faucet --home hospital-6"}
			}
			key, err := daemon.LoadKey(s.home)
			if err != nil {
				return err
			}
			address, err := client.Address(key)
			if err != nil {
				return err
			}
			candidates := []string{faucet}
			if faucet == "" {
				if candidates, err = s.addresses(); err != nil {
					return err
				}
			}
			given, err := askFaucets(cmd.Context(), candidates, address)
			if errors.Is(err, daemon.ErrNoFaucet) {
				return hinted{fmt.Errorf("%w: somebody who has coins can send some", err), "althing token send " + address + " 200 --home net/consumer-1"}
			}
			if err != nil {
				return err
			}
			if s.json {
				return s.line(sentCoins{"sent", given.Address, given.Amount, given.Height})
			}
			if err := s.say("%s sent to %s at height %d", spec.Money(given.Amount), given.Address, given.Height); err != nil {
				return err
			}
			s.hintLine("althing node register --home " + quote(s.home))
			return nil
		},
	}
	c.Flags().StringVar(&faucet, "faucet", "", "RPC address of the validator that has the faucet (default: one of the addresses in --rpc or --home)")
	return c
}

// askFaucets asks the validators at some RPC addresses in turn, until one has a faucet.
func askFaucets(ctx context.Context, addresses []string, account string) (given daemon.Handout, err error) {
	for _, address := range addresses {
		if given, err = daemon.AskFaucet(ctx, address, account); !errors.Is(err, daemon.ErrNoFaucet) {
			return given, err
		}
	}
	if len(addresses) > 1 {
		return given, fmt.Errorf("%w at any of %s", daemon.ErrNoFaucet, strings.Join(addresses, ", "))
	}
	return given, err
}
