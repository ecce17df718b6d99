package main

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
)

// start runs the home folder of a validator or of a node until it is stopped.
func (s *session) start() *cobra.Command {
	return &cobra.Command{
		Use:     "start DIR",
		Short:   "Run a validator or a node from its home folder",
		Example: "  althing start net/validator-1\n  althing start --home net/trainer-1",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && s.home != "" && s.home != args[0] {
				return fmt.Errorf("start: got the home folders %q and %q: want one of them", args[0], s.home)
			}
			if len(args) > 0 {
				s.home = args[0]
			}
			if s.home == "" {
				return hinted{errNoHome, "althing localnet net && althing start --home net/validator-1"}
			}
			var handler slog.Handler = newLogLines(s.err)
			if s.json {
				handler = slog.NewJSONHandler(s.out, nil)
			}
			err := daemon.Start(cmd.Context(), s.home, slog.New(handler))
			if errors.Is(err, daemon.ErrPortTaken) {
				return s.portTaken(err)
			}
			return err
		},
	}
}

// portTaken says which field of which file names the address that another program listens on.
// Its hint is a network with free ports, where the home folder is part of a localnet.
func (s *session) portTaken(err error) error {
	listen, ok := errors.AsType[*net.OpError](err)
	if !ok || listen.Addr == nil || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	file, fields := "node.json", map[string]string{}
	if n, err := daemon.LoadNode(s.home); err == nil {
		fields["listen"] = n.Listen
	} else if v, err := daemon.LoadValidator(s.home); err == nil {
		file, fields["p2p"], fields["rpc"] = "validator.json", v.P2P, v.RPC
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if fields[field] != listen.Addr.String() {
			continue
		}
		err := fmt.Errorf("another program listens on %s, which is %q in %s: stop that program, or write another port there and into the files that name it",
			listen.Addr, field, filepath.Join(s.home, file))
		dir := filepath.Dir(filepath.Clean(s.home))
		if len(validatorAddresses(dir)) == 0 {
			return err
		}
		return hinted{err, "althing localnet " + quote(dir+"-2") + " --port 0"}
	}
	return err
}
