package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// verified is a round that was recomputed, with the same result as on the chain.
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

Of a private task it also recomputes what each round, also an aborted one, charged to
each data set, and epsilon from that. Everybody can read that on the chain: with
--charges nothing else is recomputed.

Where the task says audit: public, an RPC address is enough. Where it says members, only
nodes of the round get the updates: name the home folder of one with --home. Where it
says aggregators, that node must be one of the round's aggregators.`,
		Example: "  althing round verify 1 3\n  althing round verify 1\n  althing round verify 1 --charges",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, t, err := s.findTask(ctx, args[0])
			if err != nil {
				return err
			}
			if chargesOnly && !t.Spec.Private() {
				return fmt.Errorf("task %d promises no privacy: it charges nothing", t.ID)
			}
			var rounds []spec.Round
			if len(args) == 2 {
				_, _, r, err := s.findRound(ctx, args[0], args[1])
				if err != nil {
					return err
				}
				if t.Spec.Private() && !r.Phase.Final() {
					return fmt.Errorf("round %d of task %d has not ended: it is in phase %s", r.Number, t.ID, r.Phase)
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

// verifyTask recomputes the rounds of a task that have ended, and returns them.
func (s *session) verifyTask(ctx context.Context, c *client.Client, t spec.Task, chargesOnly bool) (ended []spec.Round, err error) {
	settled := 0
	for number := uint64(1); number <= t.Round; number++ {
		r, err := c.Round(ctx, t.ID, number)
		if err != nil {
			return nil, err
		}
		if r.Phase.Final() {
			ended = append(ended, r)
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
	return ended, nil
}

func (s *session) verifyRound(ctx context.Context, c *client.Client, t spec.Task, r spec.Round) error {
	digest, err := daemon.Verify(ctx, c, s.home, r.Task, r.Number)
	if err != nil {
		for _, reason := range []error{daemon.ErrMembers, daemon.ErrAggregators} {
			if errors.Is(err, reason) {
				err = reason // that each peer refuses says no more
			}
		}
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
	s.tell("round %d of task %d, recomputed: every hash is as on the chain", r.Number, r.Task)
	return nil
}

// verifyCharges prints what rounds of a private task charged, once it is recomputed.
func (s *session) verifyCharges(ctx context.Context, c *client.Client, t spec.Task, rounds []spec.Round) error {
	list, err := charges(ctx, c, t, rounds)
	if err != nil {
		return fmt.Errorf("task %d: %w", t.ID, err)
	}
	for i := range list {
		list[i].Event = "charged"
	}
	if err := showList(s, view.Charges(list)); err != nil {
		return err
	}
	s.tell("task %d, recomputed: every book has been charged what its rounds say, %s noise, against %s", t.ID, t.Spec.Privacy.Kind, terms.Against(t.Spec))
	return nil
}

// charges recomputes what rounds of a private task charged; see [daemon.VerifyCharges].
func charges(ctx context.Context, c *client.Client, t spec.Task, rounds []spec.Round) ([]view.Charge, error) {
	found, err := daemon.VerifyCharges(ctx, c, t, rounds)
	if err != nil {
		return nil, err
	}
	charged := make([]view.Charged, len(found))
	for i, f := range found {
		charged[i] = view.Charged(f)
	}
	return view.ChargesOf(t, charged)
}
