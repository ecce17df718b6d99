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
	var chargesOnly bool
	c := &cobra.Command{
		Use:   "verify TASK [ROUND]",
		Short: "Recompute settled rounds from their blobs, and what they charged, and compare both with the chain",
		Long: `Recomputes a settled round, or all of a task, from the blobs its aggregators keep,
and compares every hash with the chain. Prints the digest of each round's model,
or the first thing that differs and ends with exit code 1.

Of a private task it also recomputes what each round charged to each data set, also
the rounds that were aborted, and epsilon from that. The chain tells everybody that:
with --charges nothing else is recomputed.

Where the task says audit: public an RPC address is enough. Where it says members
the updates are for nodes of the round: name the home folder of one with --home.
Where it says aggregators that node must be one of the round's aggregators.`,
		Example: "  althing round verify 1 3\n  althing round verify 1\n  althing round verify 1 --charges",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, t, err := s.find(ctx, args[0])
			if err != nil {
				return err
			}
			if chargesOnly && !t.Spec.Private() {
				return fmt.Errorf("task %d promises no privacy, so it charges nothing", t.ID)
			}
			var rounds []spec.Round
			if len(args) == 2 {
				_, _, r, err := s.findRound(ctx, args[0], args[1])
				if err != nil {
					return err
				}
				if t.Spec.Private() && !r.Phase.Final() {
					return fmt.Errorf("round %d of task %d is not over: it is in phase %s", r.Number, t.ID, r.Phase)
				}
				if !chargesOnly && (!t.Spec.Private() || r.Phase != spec.PhaseAborted) {
					if err := s.verifyRound(ctx, c, t, r); err != nil {
						return err
					}
				}
				rounds = []spec.Round{r}
			} else if rounds, err = s.verifyTask(ctx, c, t, chargesOnly); err != nil {
				return err
			}
			if !t.Spec.Private() {
				return nil
			}
			return s.verifyCharges(ctx, c, t, rounds)
		},
	}
	c.Flags().BoolVar(&chargesOnly, "charges", false, "recompute only what a private task charged: any RPC address is enough")
	return c
}

// verifyTask goes through the rounds of a task that are over, and returns them.
func (s *session) verifyTask(ctx context.Context, c *client.Client, t spec.Task, chargesOnly bool) (over []spec.Round, err error) {
	settled := 0
	for number := uint64(1); number <= t.Round; number++ {
		r, err := c.Round(ctx, t.ID, number)
		if err != nil {
			return nil, err
		}
		if r.Phase.Final() {
			over = append(over, r)
		}
		if r.Phase != spec.PhaseSettled {
			continue
		}
		settled++
		if !chargesOnly {
			if err := s.verifyRound(ctx, c, t, r); err != nil {
				return nil, err
			}
		}
	}
	if settled == 0 && !chargesOnly && !t.Spec.Private() {
		return nil, fmt.Errorf("task %d: no round has settled", t.ID)
	}
	return over, nil
}

func (s *session) verifyRound(ctx context.Context, c *client.Client, t spec.Task, r spec.Round) error {
	digest, err := daemon.Verify(ctx, c, s.home, r.Task, r.Number)
	if err != nil {
		err = fmt.Errorf("round %d of task %d: %w", r.Number, r.Task, err)
		if errors.Is(err, daemon.ErrMembers) || errors.Is(err, daemon.ErrPrivate) { // who they are, to name the home folder of one
			return hinted{err, s.command("round show", fmt.Sprint(r.Task), fmt.Sprint(r.Number))}
		}
		if errors.Is(err, daemon.ErrAggregators) && t.Spec.Private() {
			return hinted{err, s.command("round verify", fmt.Sprint(r.Task), "--charges")}
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
