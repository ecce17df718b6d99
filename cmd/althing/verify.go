package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// verified is a round that was recomputed and found as the chain has it.
type verified struct {
	Event  string      `json:"event"`
	Task   uint64      `json:"task"`
	Round  uint64      `json:"round"`
	Digest spec.Digest `json:"digest"`
}

func (s *session) roundVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify TASK [ROUND]",
		Short: "Recompute settled rounds from their blobs and compare them with the chain",
		Long: `Recomputes a settled round, or all of a task, from the blobs its aggregators keep,
and compares every hash with the chain. Prints the digest of each round's model,
or the first thing that differs and ends with exit code 1.

Where the task says audit: public an RPC address is enough. Where it says members
the updates are for nodes of the round: name the home folder of one with --home.
Where it says aggregators that node must be one of the round's aggregators.`,
		Example: "  althing round verify 1 3\n  althing round verify 1",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				c, r, err := s.findRound(cmd.Context(), args[0], args[1])
				if err != nil {
					return err
				}
				return s.verifyRound(cmd.Context(), c, r)
			}
			c, t, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.verifyTask(cmd.Context(), c, t)
		},
	}
}

// verifyTask goes through the settled rounds of a task.
func (s *session) verifyTask(ctx context.Context, c *client.Client, t spec.Task) error {
	settled := 0
	for number := uint64(1); number <= t.Round; number++ {
		r, err := c.Round(ctx, t.ID, number)
		if err != nil {
			return err
		}
		if r.Phase != spec.PhaseSettled {
			continue
		}
		if err := s.verifyRound(ctx, c, r); err != nil {
			return err
		}
		settled++
	}
	if settled == 0 {
		return fmt.Errorf("task %d: no round has settled", t.ID)
	}
	return nil
}

func (s *session) verifyRound(ctx context.Context, c *client.Client, r spec.Round) error {
	digest, err := daemon.Verify(ctx, c, s.home, r.Task, r.Number)
	if err != nil {
		err = fmt.Errorf("round %d of task %d: %w", r.Number, r.Task, err)
		if errors.Is(err, daemon.ErrMembers) || errors.Is(err, daemon.ErrPrivate) { // who they are, to name the home folder of one
			return hinted{err, s.command("round show", fmt.Sprint(r.Task), fmt.Sprint(r.Number))}
		}
		return err
	}
	if s.json {
		return s.line(verified{"verified", r.Task, r.Number, digest})
	}
	if _, err = fmt.Fprintln(s.out, digest); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.err, "round %d of task %d, recomputed: every hash is as on the chain\n", r.Number, r.Task)
	return err
}
