package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
)

func (s *session) chainExport() *cobra.Command {
	const example = "althing chain export --home net/validator-1 > genesis.json"
	var height int64
	c := &cobra.Command{
		Use:   "export --home DIR",
		Short: "Print the state of a stopped validator's chain as a genesis",
		Long: `Prints the state at a height as the genesis of a chain that carries it on: the
next block, with everybody's coins, stakes, tasks and rounds as they are. Validators
that export one height print the same bytes. See "althing chain import".`,
		Example: "  " + example + "\n  althing chain export --home net/validator-1 --height 5000 > genesis.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if s.home == "" {
				return hinted{errNoHome, example}
			}
			genesis, err := daemon.ExportChain(s.home, height)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return hinted{fmt.Errorf("%s is no validator's home folder: %w", s.home, err), example}
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

func (s *session) chainImport() *cobra.Command {
	const example = "althing chain import genesis.json --home net/validator-1"
	var id string
	c := &cobra.Command{
		Use:   "import GENESIS --home DIR",
		Short: "Let a stopped validator or node carry an exported chain on",
		Long: `Lets a home folder belong to the chain that begins with an export. A validator
keeps its keys and puts its blocks and states aside, into data.before, which may be
deleted; "althing start" then begins the chain. A node keeps everything. All home
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
			again := "althing chain import " + quote(args[0]) + " --home " + quote(s.home)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return hinted{fmt.Errorf("%s is no home folder: %w", s.home, err), example}
			case errors.Is(err, daemon.ErrInUse):
				return hinted{fmt.Errorf("stop it first: %w", err), again}
			case errors.Is(err, daemon.ErrSigned):
				return hinted{err, again + " --chain-id NEW"}
			case err != nil:
				return err
			}
			if s.json {
				return s.line(struct {
					Event string `json:"event"`
					daemon.Imported
				}{"imported", done})
			}
			_, err = fmt.Fprintf(s.out, "%s carries %s on from height %d\n", done.Home, done.Chain, done.Height)
			if err == nil && done.Former != "" {
				_, err = fmt.Fprintf(s.out, "what it had before is in %s\n", done.Former)
			}
			return err
		},
	}
	c.Flags().StringVar(&id, "chain-id", "", "chain id from now on (default: as in the file)")
	return c
}
