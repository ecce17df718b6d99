package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/view"
)

func (s *session) nodeRegister() *cobra.Command {
	return &cobra.Command{
		Use:   "register --home DIR",
		Short: "Put a node on the chain, with its stake and what it offers",
		Long: `Registers the node of a home folder: name, roles, stake, keys and what node.json says
that it offers. A node that is registered has its record brought up to date. A start does
the same by itself; "node register" shows the result and ends. A node that is registered
and does not run is selected and fails, so start it soon.`,
		Example: "  althing node register --home hospital-6",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.home == "" {
				return hinted{errNoHome, "althing node register --home hospital-6"}
			}
			n, err := daemon.Register(cmd.Context(), s.home)
			switch {
			case errors.Is(err, client.ErrNoAccount), errors.Is(err, client.ErrFunds):
				return hinted{err, s.command("token faucet")}
			case errors.Is(err, daemon.ErrInUse):
				return hinted{fmt.Errorf("%w, and a node that runs is registered", err), s.command("node show")}
			case err != nil:
				return err
			}
			if err := s.show(view.Node{Node: n}); err != nil {
				return err
			}
			s.hintLine("althing start --home " + quote(s.home))
			return nil
		},
	}
}
