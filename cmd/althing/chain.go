package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
)

// chain is about what a validator keeps.
func (s *session) chain() *cobra.Command {
	return noun("chain", "Look after the chain and what a validator keeps of it", s.chainPrune(), s.chainCheck(), s.chainExport(), s.chainImport())
}

// pruned is what is left of a home folder.
type pruned struct {
	Event  string `json:"event"`
	Home   string `json:"home"`
	Height int64  `json:"height"`
	Blocks int64  `json:"blocks"`
	Before int64  `json:"bytes_before"`
	After  int64  `json:"bytes_after"`
}

// pruning is how far a part of the work is.
type pruning struct {
	Event string `json:"event"`
	Part  string `json:"part"`
	Done  int64  `json:"done"`
	All   int64  `json:"all"`
}

func (s *session) chainPrune() *cobra.Command {
	var blocks, states int64
	c := &cobra.Command{
		Use:   "prune --home DIR",
		Short: "Delete old blocks and states of a validator that is stopped",
		Long: `Deletes what the validator need not keep by its validator.json, and lets its
databases give up the bytes. A validator that runs deletes by itself what grows
old; this is for one that was told to keep less. It can be interrupted: run it
again to go on.`,
		Example: "  althing chain prune --home net/validator-1\n  althing chain prune --home net/validator-1 --keep-states 1000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.home == "" {
				return hinted{errNoHome, "althing chain prune --home net/validator-1"}
			}
			config, err := daemon.LoadValidator(s.home)
			if errors.Is(err, fs.ErrNotExist) {
				return hinted{fmt.Errorf("%s is no validator's home folder: %w", s.home, err), "althing chain prune --home net/validator-1"}
			}
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("keep-blocks") {
				config.KeepBlocks = blocks
			}
			if cmd.Flags().Changed("keep-states") {
				config.KeepStates = states
			}
			return s.prune(cmd.Context(), config)
		},
	}
	c.Flags().Int64Var(&blocks, "keep-blocks", 0, "newest blocks to keep, 0 for all (default: as validator.json says)")
	c.Flags().Int64Var(&states, "keep-states", 0, "newest heights whose state to keep, 0 for all (default: as validator.json says)")
	return c
}

func (s *session) prune(ctx context.Context, config daemon.ValidatorConfig) error {
	l := live{out: s.out}
	p, err := daemon.PruneChain(ctx, s.home, config, func(part string, done, all int64) {
		switch {
		case s.json:
			_ = s.line(pruning{"prune", part, done, all})
		case s.terminal():
			l.draw(fmt.Sprintf("%-8s %s %d of %d", part, bar(int(done), int(all)), done, all))
		}
	})
	switch {
	case errors.Is(err, context.Canceled):
		return hinted{err, "althing chain prune --home " + quote(s.home)}
	case errors.Is(err, daemon.ErrInUse):
		return hinted{fmt.Errorf("stop the validator first: %w", err), "althing chain prune --home " + quote(s.home)}
	case err != nil:
		return err
	}
	if s.json {
		return s.line(pruned{"pruned", s.home, p.Height, p.Blocks, p.Before, p.After})
	}
	if s.terminal() {
		l.draw()
	}
	_, err = fmt.Fprintf(s.out, "%s keeps %d blocks up to height %d, in %.1f MiB; it was %.1f MiB\n", s.home, p.Blocks, p.Height, mib(p.After), mib(p.Before))
	return err
}

// mib is bytes in MiB.
func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
