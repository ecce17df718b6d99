package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// pruned is what a home folder still stores.
type pruned struct {
	Event  string `json:"event"`
	Home   string `json:"home"`
	Height int64  `json:"height"`
	Blocks int64  `json:"blocks"`
	Before int64  `json:"bytes_before"`
	After  int64  `json:"bytes_after"`
}

// pruning is the progress of one part of the work.
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
		Long: `Deletes what the validator need not keep according to its validator.json, and frees the
room in its databases. A running validator deletes old blocks and states by itself; use this
command after validator.json was changed to keep less. It can be interrupted: run it again
to go on.`,
		Example: "  althing chain prune --home net/validator-1\n  althing chain prune --home net/validator-1 --keep-states 1000",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.home == "" {
				return hinted{errNoHome, "althing chain prune --home net/validator-1"}
			}
			config, err := daemon.LoadValidator(s.home)
			if errors.Is(err, fs.ErrNotExist) {
				return hinted{err, "althing chain prune --home net/validator-1"}
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
	screen := s.screen()
	pruneCommand := "althing chain prune --home " + quote(s.home)
	p, err := daemon.PruneChain(ctx, s.home, config, func(part string, done, all int64) {
		if s.json {
			_ = s.line(pruning{"prune", part, done, all})
			return
		}
		bar := view.Bar{Label: part, Done: uint64(done), All: uint64(all), Text: fmt.Sprintf("%d of %d", done, all)}
		screen.Redraw(screen.Bar(bar, 8))
	})
	switch {
	case errors.Is(err, context.Canceled):
		return hinted{err, pruneCommand}
	case errors.Is(err, daemon.ErrInUse):
		return hinted{fmt.Errorf("stop the validator first: %w", err), pruneCommand}
	case err != nil:
		return err
	}
	if s.json {
		return s.line(pruned{"pruned", s.home, p.Height, p.Blocks, p.Before, p.After})
	}
	return screen.Print(fmt.Sprintf("%s keeps %d blocks up to height %d, in %s; before, it took %s", s.home, p.Blocks, p.Height, spec.Size(p.After), spec.Size(p.Before)))
}
