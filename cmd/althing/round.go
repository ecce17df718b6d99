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
		s.roundList(), s.roundShow(), s.roundWatch(), s.roundVerify(), s.roundBaselines())
}

// findRound reads the round of a task whose numbers are given.
func (s *session) findRound(ctx context.Context, task, number string) (*client.Client, spec.Task, spec.Round, error) {
	n, err := id("round", number)
	if err != nil {
		return nil, spec.Task{}, spec.Round{}, err
	}
	c, t, err := s.findTask(ctx, task)
	if err != nil {
		return nil, t, spec.Round{}, err
	}
	r, err := c.Round(ctx, t.ID, n)
	if errors.Is(err, round.ErrRoundNotFound) {
		err = hinted{err, s.command("round list", fmt.Sprint(t.ID))}
	}
	return c, t, r, err
}
