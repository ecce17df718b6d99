package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
)

// start runs the home folder of a validator or of a node until it is stopped.
func (s *session) start() *cobra.Command {
	return &cobra.Command{
		Use:     "start --home DIR",
		Short:   "Run a validator or a node from its home folder",
		Example: "  althing start --home net/validator-1\n  althing start --home net/trainer-1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
