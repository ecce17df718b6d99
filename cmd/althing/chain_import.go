package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
)

func (s *session) chainImport() *cobra.Command {
	const example = "althing chain import genesis.json --home net/validator-1"
	var id string
	c := &cobra.Command{
		Use:   "import GENESIS --home DIR",
		Short: "Make a stopped validator or node continue an exported chain",
		Long: `Makes a home folder belong to the chain that begins with an export. A validator keeps
its keys and moves its blocks and states into data.before, which may be deleted;
"althing start" then begins the chain. A node keeps everything. All home
folders of a network import the same file under the same chain id.`,
		Example: "  " + example + "\n  althing chain import genesis.json --home net/trainer-1 --chain-id althing-2",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if s.home == "" {
				return hinted{errNoHome, example}
			}
			genesis, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			done, err := daemon.ImportChain(s.home, genesis, id)
			importAgain := "althing chain import " + quote(args[0]) + " --home " + quote(s.home)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return hinted{err, example}
			case errors.Is(err, daemon.ErrInUse):
				return hinted{fmt.Errorf("stop it first: %w", err), importAgain}
			case errors.Is(err, daemon.ErrSigned):
				return hinted{err, importAgain + " --chain-id NEW"}
			case errors.Is(err, daemon.ErrGenesis):
				return fmt.Errorf("%s: %w", args[0], err)
			case err != nil:
				return err
			}
			if s.json {
				return s.line(struct {
					Event string `json:"event"`
					daemon.Imported
				}{"imported", done})
			}
			if err := s.say("%s continues %s from height %d", done.Home, done.Chain, done.Height); err != nil || done.Former == "" {
				return err
			}
			return s.say("what it had before is in %s", done.Former)
		},
	}
	c.Flags().StringVar(&id, "chain-id", "", "chain id from now on (default: as in the file)")
	return c
}
