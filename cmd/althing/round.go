package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
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
	LeftOut   []leftOut `json:"left_out,omitempty"`
}

func viewOf(r spec.Round) view {
	return view{Round: r, Survived: r.Survivors(), Federated: federated(r), LeftOut: leftOuts(r)}
}

// federated is how good the trainers found the model they began with, if any
// has said so.
func federated(r spec.Round) *spec.PPM {
	for _, t := range r.Trainers {
		if t.Height > 0 && t.Samples > 0 {
			return number(r.FederatedScore(), true)
		}
	}
	return nil
}

func roundRow(v view) []any {
	phase := string(v.Phase)
	if v.Reason != "" {
		phase += ": " + v.Reason
	}
	return []any{
		v.Number, phase, unless(!v.Scored, v.Score), figure(v.Federated), len(v.Trainers), v.Survived,
		money(v.Paid), v.Opened, height(v.Closed), unless(v.Next.IsZero(), v.Next.Short()),
	}
}

// allRounds reads every round of a task.
func allRounds(ctx context.Context, c *client.Client, task uint64) ([]spec.Round, error) {
	rounds, _, err := read(pages{limit: 100, all: true}, func(at client.Page) ([]spec.Round, client.Page, error) {
		return c.Rounds(ctx, task, at)
	})
	return rounds, err
}

// findRound reads the round that two words name.
func (s *session) findRound(ctx context.Context, task, number string) (*client.Client, spec.Round, error) {
	n, err := id("round", number)
	if err != nil {
		return nil, spec.Round{}, err
	}
	c, t, err := s.find(ctx, task)
	if err != nil {
		return nil, spec.Round{}, err
	}
	r, err := c.Round(ctx, t.ID, n)
	if errors.Is(err, round.ErrRoundNotFound) {
		err = hinted{err, s.command("round list", fmt.Sprint(t.ID))}
	}
	return c, r, err
}
