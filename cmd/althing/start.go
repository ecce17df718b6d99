package main

import (
	"fmt"
	"log/slog"

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
			return daemon.Start(cmd.Context(), s.home, slog.New(handler))
		},
	}
}
