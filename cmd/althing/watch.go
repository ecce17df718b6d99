package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// watched is a round that has ended.
type watched struct {
	Event         string        `json:"event"`
	Task          uint64        `json:"task"`
	Round         uint64        `json:"round"`
	Phase         spec.Phase    `json:"phase"`
	Measures      bool          `json:"measures,omitempty"` // nobody has trained: the columns were measured
	Reason        string        `json:"reason,omitempty"`
	Accuracy      *spec.PPM     `json:"accuracy,omitempty"` // of the model it made: the median of the evaluators
	Holdout       *spec.Holdout `json:"holdout,omitempty"`
	BaseFederated *spec.PPM     `json:"base_federated_score,omitempty"` // of Base, by the trainers of this round
	Trainers      int           `json:"trainers"`
	Survivors     int           `json:"survivors"`
	LeftOut       []leftOut     `json:"left_out,omitempty"`
	Paid          uint64        `json:"paid_uthing"`
	Height        int64         `json:"height"`
	Blocks        int64         `json:"blocks"`
	Base          spec.Digest   `json:"base"`
	Model         spec.Digest   `json:"model"`
}

// closed is a task that has ended.
type closed struct {
	Event       string         `json:"event"`
	Task        uint64         `json:"task"`
	State       spec.TaskState `json:"state"`
	Reason      string         `json:"reason,omitempty"`
	Rounds      uint32         `json:"rounds"`
	Accuracy    *spec.PPM      `json:"accuracy,omitempty"` // of the model of ScoredRound: the median of the evaluators
	ScoredRound uint64         `json:"scored_round"`       // 0: no model was scored
	Holdout     *spec.Holdout  `json:"holdout,omitempty"`
	Model       spec.Digest    `json:"model"`
	Escrow      uint64         `json:"escrow_uthing"`
	Paid        uint64         `json:"paid_uthing"`
	Refunded    uint64         `json:"refunded_uthing"`
	Height      int64          `json:"height"`
}

func (s *session) roundWatch() *cobra.Command {
	return &cobra.Command{
		Use:     "watch TASK",
		Short:   "Follow a task until it closes, a line a round",
		Example: "  althing round watch 1\n  althing round watch 1 --json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, t, err := s.find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.watch(cmd.Context(), c, t.ID)
		},
	}
}

// watch outlives nodes that restart: when nobody answers it keeps asking.
func (s *session) watch(ctx context.Context, c *client.Client, task uint64) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	shown, made := uint64(0), origins{}
	for range c.Heights(ctx) {
		t, rounds, err := ended(ctx, c, task, shown)
		if _, ok := errors.AsType[*client.Refusal](err); ok {
			return err
		}
		for _, r := range rounds {
			if err := s.over(r, figureOf(t.Spec.Model), made.of(t, r.Base)); err != nil {
				return err
			}
			made.add(r)
			shown = r.Number
		}
		if err == nil && t.State.Final() && shown == t.Round {
			scored, err := scoredRound(ctx, c, t)
			if err != nil {
				return err
			}
			return s.closed(t, scored)
		}
	}
	return ctx.Err()
}

// ended reads a task and those of its rounds that have ended after the one with
// number shown; with an error, the rounds up to it.
func ended(ctx context.Context, c *client.Client, task, shown uint64) (spec.Task, []spec.Round, error) {
	t, err := c.Task(ctx, task)
	if err != nil {
		return t, nil, err
	}
	var rounds []spec.Round
	for n := shown + 1; n <= t.Round; n++ {
		r, err := c.Round(ctx, task, n)
		if err != nil || !r.Phase.Final() {
			return t, rounds, err
		}
		rounds = append(rounds, r)
	}
	return t, rounds, nil
}

// over tells of a round that has ended; what is what the score of its model is called, and
// base says where the model comes from with which it began.
func (s *session) over(r spec.Round, what, base string) error {
	if s.json {
		return s.line(watched{
			Event: "round", Task: r.Task, Round: r.Number, Phase: r.Phase, Measures: r.Measures, Reason: r.Reason,
			Accuracy: number(r.Score, r.Scored), Holdout: holdout(r), BaseFederated: federated(r), Trainers: len(r.Trainers), Survivors: r.Survivors(), LeftOut: leftOuts(r), Paid: r.Paid,
			Height: r.Closed, Blocks: r.Closed - r.Opened, Base: r.Base, Model: r.Next,
		})
	}
	if r.Phase == spec.PhaseAborted {
		if _, err := fmt.Fprintf(s.out, "round %3d  %s\n", r.Number, aborted(r.Reason, r.Survivors(), r.Paid)); err != nil {
			return err
		}
		return s.without(r)
	}
	made := howGood(what, number(r.Score, r.Scored), holdout(r))
	if r.Measures {
		made = measured
	}
	if _, err := fmt.Fprintf(s.out, "round %3d  %s  %d/%d updates%s\n",
		r.Number, made, r.Survivors(), len(r.Trainers), baseFederated(federated(r), base)); err != nil {
		return err
	}
	return s.without(r)
}

// without tells which trainers a round did without, and why.
func (s *session) without(r spec.Round) error {
	list := leftOuts(r)
	if len(list) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(s.out, "           without %s\n", without(list, func(node uint64) string { return fmt.Sprintf("node %d", node) }))
	return err
}

// aborted tells why a round came to no model, and what it paid all the same.
func aborted(why string, survivors int, paid uint64) string {
	switch {
	case paid == 0:
		return "aborted: " + why
	case survivors == 0:
		return fmt.Sprintf("aborted: %s; %s of fees", why, money(paid))
	}
	return fmt.Sprintf("stopped: %s; %s paid for %s", why, money(paid), counted(uint32(survivors), "update"))
}

func (s *session) closed(t spec.Task, scored spec.Round) error {
	if s.json {
		return s.line(closed{
			Event: "closed", Task: t.ID, State: t.State, Reason: t.Reason, Rounds: t.Accepted, Model: t.Model,
			Accuracy: number(t.Score, t.ScoredRound > 0), ScoredRound: t.ScoredRound, Holdout: holdout(scored),
			Escrow: t.Spec.Escrow, Paid: t.Paid, Refunded: t.Refunded, Height: t.Closed,
		})
	}
	out := s.table()
	fmt.Fprintln(s.out)
	standing(out, t, scored)
	return out.flush()
}
