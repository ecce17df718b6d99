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

// round is about the training rounds of a task.
func (s *session) round() *cobra.Command {
	return noun("round", "See how a task trains, round by round, and recompute a round",
		s.roundList(), s.roundShow(), s.roundWatch(), s.roundVerify())
}

func (s *session) roundList() *cobra.Command {
	var p pages
	c := &cobra.Command{
		Use:   "list TASK",
		Short: "List the rounds of a task",
		Long: `Lists the rounds of a task. SCORE is the evaluators' accuracy of the model that
the round made, FEDERATED the trainers' own of the model it began with.`,
		Example: "  althing round list 1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			rounds, more, err := read(p, func(at client.Page) ([]spec.Round, client.Page, error) {
				return c.Rounds(cmd.Context(), t.ID, at)
			})
			if err != nil {
				return err
			}
			s.more(more, "round list", fmt.Sprint(t.ID), fmt.Sprintf("--limit %d", p.limit))
			views := make([]view, len(rounds))
			for i, r := range rounds {
				views[i] = viewOf(r)
			}
			return show(s, views, []any{"ROUND", "PHASE", "SCORE", "FEDERATED", "TRAINERS", "SURVIVORS", "PAID", "OPENED", "CLOSED", "MODEL"}, roundRow)
		},
	}
	p.flags(c)
	return c
}

// view is a round with what follows from it.
type view struct {
	spec.Round
	Survived  int       `json:"survivors"`
	Federated *spec.PPM `json:"federated_score,omitempty"` // the trainers' own, of Base
}

func viewOf(r spec.Round) view {
	return view{Round: r, Survived: r.Survivors(), Federated: federated(r)}
}

// federated is how good the trainers found the model they began with, if any
// has said so.
func federated(r spec.Round) *spec.PPM {
	for _, t := range r.Trainers {
		if t.Height > 0 {
			return number(r.FederatedScore(), true)
		}
	}
	return nil
}

func roundRow(v view) []any {
	phase := v.Phase.String()
	if v.Reason != "" {
		phase += ": " + v.Reason
	}
	return []any{
		v.Number, phase, unless(!v.Scored, v.Score), figure(v.Federated), len(v.Trainers), v.Survived,
		money(v.Paid), v.Opened, height(v.Closed), unless(v.Next.IsZero(), v.Next.Short()),
	}
}

// findRound reads the round that two words name.
func (s *session) findRound(ctx context.Context, task, round string) (*client.Client, spec.Round, error) {
	n, err := id("round", round)
	if err != nil {
		return nil, spec.Round{}, err
	}
	c, t, err := s.find(ctx, task)
	if err != nil {
		return nil, spec.Round{}, err
	}
	r, err := c.Round(ctx, t.ID, n)
	if errors.Is(err, client.ErrRoundNotFound) {
		err = hinted{err, s.command("round list", fmt.Sprint(t.ID))}
	}
	return c, r, err
}

// verified is a round that was recomputed and found as the chain has it.
type verified struct {
	Event  string      `json:"event"`
	Task   uint64      `json:"task"`
	Round  uint64      `json:"round"`
	Digest spec.Digest `json:"digest"`
}

func (s *session) roundVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify TASK ROUND",
		Short: "Recompute a settled round from its blobs and compare it with the chain",
		Long: `Recomputes a settled round from the blobs its aggregators keep, with no help but
an RPC address, and compares every hash with the chain. Prints the digest of the
round's model, or the first thing that differs and ends with exit code 1.`,
		Example: "  althing round verify 1 3",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, r, err := s.findRound(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			digest, err := daemon.Verify(cmd.Context(), c, r.Task, r.Number)
			if err != nil {
				return fmt.Errorf("round %d of task %d: %w", r.Number, r.Task, err)
			}
			if s.json {
				return s.line(verified{"verified", r.Task, r.Number, digest})
			}
			if _, err = fmt.Fprintln(s.out, digest); err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.err, "round %d of task %d, recomputed: every hash is as on the chain\n", r.Number, r.Task)
			return err
		},
	}
}
