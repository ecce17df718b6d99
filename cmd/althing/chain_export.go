package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
)

func (s *session) chainExport() *cobra.Command {
	const example = "althing chain export --home net/validator-1 > genesis.json"
	var height int64
	c := &cobra.Command{
		Use:   "export --home DIR",
		Short: "Print the state of a stopped validator's chain as a genesis",
		Long: `Prints the state at a height as the genesis of a chain that continues from there, with
everybody's coins, stakes, tasks and rounds as they are. All validators print the same
bytes for the same height. See "althing chain import".`,
		Example: "  " + example + "\n  althing chain export --home net/validator-1 --height 5000 > genesis.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if s.home == "" {
				return hinted{errNoHome, example}
			}
			genesis, err := daemon.ExportChain(s.home, height)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return hinted{err, example}
			case errors.Is(err, daemon.ErrInUse):
				return hinted{fmt.Errorf("stop the validator first: %w", err), "althing chain export --home " + quote(s.home)}
			case errors.Is(err, daemon.ErrUnfinished):
				return hinted{err, "althing start --home " + quote(s.home)}
			case err != nil:
				return err
			}
			_, err = s.out.Write(genesis)
			return err
		},
	}
	c.Flags().Int64Var(&height, "height", 0, "height of the state (default: the newest)")
	return c
}
