package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// round is about the training rounds of a task.
func (s *session) round() *cobra.Command {
	return noun("round", "See how a task trains, round by round, and recompute a round",
		s.roundList(), s.roundShow(), s.roundWatch(), s.roundVerify(), s.roundBaselines())
}

func (s *session) roundList() *cobra.Command {
	var p pages
	c := &cobra.Command{
		Use:   "list TASK",
		Short: "List the rounds of a task",
		Long: `Lists the rounds of a task. All figures of a line are of the model
that its round made: SCORE is the median of the evaluators' accuracies, HOLD-OUT
the accuracy on the ROWS of all of them together, FEDERATED the trainers' own, as
those of the next round found it before they trained.`,
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
			behind := rounds
			if len(rounds) > 0 {
				beyond, err := following(cmd.Context(), c, rounds[len(rounds)-1])
				if err != nil {
					return err
				}
				behind = append(slices.Clone(rounds), beyond...)
			}
			views := make([]view, len(rounds))
			for i, r := range rounds {
				views[i] = viewOf(r, behind[i+1:])
			}
			return show(s, views, []any{"ROUND", "PHASE", "SCORE", "HOLD-OUT", "ROWS", "FEDERATED", "TRAINERS", "SURVIVORS", "PAID", "OPENED", "CLOSED", "MODEL"}, roundRow)
		},
	}
	p.flags(c)
	return c
}

// view is a round with what follows from it.
type view struct {
	spec.Round
	Survived      int           `json:"survivors"`
	Holdout       *spec.Holdout `json:"holdout,omitempty"`
	Federated     *spec.PPM     `json:"federated_score,omitempty"`      // of Next, by the trainers of a later round
	BaseFederated *spec.PPM     `json:"base_federated_score,omitempty"` // of Base, by the trainers of this round
	LeftOut       []leftOut     `json:"left_out,omitempty"`
}

// viewOf is a round with what the rounds behind it tell of its model.
func viewOf(r spec.Round, behind []spec.Round) view {
	return view{
		Round: r, Survived: r.Survivors(), Holdout: holdout(r),
		Federated: federatedOf(r.Next, behind), BaseFederated: federated(r), LeftOut: leftOuts(r),
	}
}

func roundRow(v view) []any {
	phase := string(v.Phase)
	if v.Reason != "" {
		phase += ": " + v.Reason
	}
	return []any{
		v.Number, phase, unless(!v.Scored, v.Score), wholeAccuracy(v.Holdout), wholeRows(v.Holdout), figure(v.Federated), len(v.Trainers), v.Survived,
		money(v.Paid), v.Opened, height(v.Closed), unless(v.Next.IsZero(), v.Next.Short()),
	}
}

// wholeAccuracy and wholeRows are cells for the whole hold-out.
func wholeAccuracy(h *spec.Holdout) any {
	if h == nil {
		return "-"
	}
	return h.Accuracy
}

func wholeRows(h *spec.Holdout) any {
	if h == nil {
		return "-"
	}
	return h.Rows
}

// allRounds reads every round of a task.
func allRounds(ctx context.Context, c *client.Client, task uint64) ([]spec.Round, error) {
	rounds, _, err := read(pages{limit: 100, all: true}, func(at client.Page) ([]spec.Round, client.Page, error) {
		return c.Rounds(ctx, task, at)
	})
	return rounds, err
}

// findRound reads the round that two words name, and its task.
func (s *session) findRound(ctx context.Context, task, number string) (*client.Client, spec.Task, spec.Round, error) {
	n, err := id("round", number)
	if err != nil {
		return nil, spec.Task{}, spec.Round{}, err
	}
	c, t, err := s.find(ctx, task)
	if err != nil {
		return nil, t, spec.Round{}, err
	}
	r, err := c.Round(ctx, t.ID, n)
	if errors.Is(err, round.ErrRoundNotFound) {
		err = hinted{err, s.command("round list", fmt.Sprint(t.ID))}
	}
	return c, t, r, err
}
