package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

func (s *session) roundShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show TASK ROUND",
		Short:   "Show one round: who took part, who survived, digests and scores",
		Example: "  althing round show 1 3",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, task, r, err := s.findRound(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			behind, err := following(cmd.Context(), c, r)
			if err != nil {
				return err
			}
			v := viewOf(r, behind)
			if s.json {
				return s.line(v)
			}
			return s.showRound(cmd.Context(), c, task, v)
		},
	}
}

func (s *session) showRound(ctx context.Context, c *client.Client, task spec.Task, v view) error {
	r := v.Round
	known, err := names(ctx, c, participants(r))
	if err != nil {
		return err
	}
	t := s.table()
	t.row("round", fmt.Sprintf("%d of task %d", r.Number, r.Task))
	now, err := c.Time(ctx)
	if err != nil {
		return err
	}
	t.row("phase", phase(r, now))
	t.row("opened", fmt.Sprintf("at height %d", r.Opened))
	if r.Closed > 0 {
		t.row("closed", fmt.Sprintf("at height %d", r.Closed))
	}
	t.row("base model", r.Base)
	t.row("federated score", unless(v.BaseFederated == nil, fmt.Sprintf("%v, of the base model, by the trainers", figure(v.BaseFederated))))
	t.row("next model", unless(r.Next.IsZero(), r.Next))
	switch {
	case r.Scored:
		t.row("score", fmt.Sprintf("%s, of the next model: the median of the evaluators, by stake", r.Score))
	case r.Phase == spec.PhaseSettled:
		t.row("score", notScored)
	}
	holdoutRows(t, r)
	if task.Spec.Audit == spec.AuditPublic && !task.Spec.Private() && r.Phase == spec.PhaseSettled && !r.Measures {
		t.row("base lines", "each trainer alone, on rows of yours: "+s.command("round baselines", fmt.Sprint(r.Task), fmt.Sprint(r.Number), "--input ROWS"))
	}
	if v.Federated != nil {
		t.row("federated score", fmt.Sprintf("%v, of the next model, by the trainers of the round after it", figure(v.Federated)))
	}
	t.row("survivors", fmt.Sprintf("%d of %d trainers", r.Survivors(), len(r.Trainers)))
	t.row("paid", fmt.Sprintf("%s, of it %s to the validators of blocks", money(r.Paid), money(r.Validators)))
	if err := t.flush(); err != nil {
		return err
	}
	if err := s.showParts(r, known); err != nil {
		return err
	}
	return s.showClasses(task.Spec.Data.Schema.Classes, v.Holdout)
}

// showClasses tells what the evaluators found together of each class, with the names that a
// schema gives them.
func (s *session) showClasses(names []string, h *spec.Holdout) error {
	if h == nil || len(h.Classes) == 0 {
		return nil
	}
	fmt.Fprintln(s.out)
	t := s.table("CLASS", "ROWS", "RIGHT", "ACCURACY")
	for i, c := range h.Classes {
		name := fmt.Sprint(i)
		if i < len(names) {
			name = names[i]
		}
		t.row(name, c.Rows, c.Correct, unless(c.Rows == 0, c.Accuracy))
	}
	return t.flush()
}

// showParts tells what each participant did.
func (s *session) showParts(r spec.Round, known map[uint64]string) error {
	fmt.Fprintln(s.out)
	t := s.table("TRAINER", "NAME", "COMMITTED", "SAMPLES", "CORRECT", "HELD BY", "SURVIVOR")
	for i, own := range r.Trainers {
		silent := own.Height == 0
		t.row(own.Node, known[own.Node], height(own.Height), unless(silent, own.Samples), unless(silent, own.Correct), holders(r, i), inSum(r, i))
	}
	if err := t.flush(); err != nil {
		return err
	}
	fmt.Fprintln(s.out)
	t = s.table("AGGREGATOR", "NAME", "ATTESTED", "COMMITTED", "REVEALED", "DIGEST", "AGREES")
	for _, a := range r.Aggregates {
		hidden := a.Revealed == 0
		t.row(a.Node, known[a.Node], height(a.Attested), height(a.Committed), height(a.Revealed),
			unless(hidden, a.Digest.Short()), unless(hidden || r.Next.IsZero(), yes(a.Digest == r.Next)))
	}
	if err := t.flush(); err != nil {
		return err
	}
	fmt.Fprintln(s.out)
	t = s.table("EVALUATOR", "NAME", "STAKE", "COMMITTED", "REVEALED", "SCORE", "ROWS")
	shards := map[uint64]uint64{}
	for _, shard := range r.Holdout().Shards {
		shards[shard.Node] = shard.Rows
	}
	for _, e := range r.Scores {
		t.row(e.Node, known[e.Node], money(e.Stake), height(e.Committed), height(e.Revealed), unless(e.Revealed == 0, e.Score), unless(shards[e.Node] == 0, shards[e.Node]))
	}
	return t.flush()
}

// inSum says whether a trainer's update is in the sum, or why it is not.
func inSum(r spec.Round, trainer int) string {
	if why := whyOut(r, trainer); why != "" {
		return "no, " + why
	}
	return yes(r.Trainers[trainer].Survivor)
}

// phase tells where a round is, at a network time.
func phase(r spec.Round, now spec.Time) string {
	switch {
	case r.Reason != "":
		return string(r.Phase) + ": " + r.Reason
	case r.Phase.Final():
		return string(r.Phase)
	}
	return fmt.Sprintf("%s, for %s, at most %s more", r.Phase, spec.Duration(now-r.Since), spec.Duration(max(0, r.Deadline-now)))
}

// holders counts the aggregators that hold the update of a trainer.
func holders(r spec.Round, trainer int) (n int) {
	for _, a := range r.Aggregates {
		if spec.Held(a.Holds, trainer) {
			n++
		}
	}
	return n
}

// participants lists everybody who has a part in a round.
func participants(r spec.Round) (nodes []uint64) {
	for _, t := range r.Trainers {
		nodes = append(nodes, t.Node)
	}
	for _, a := range r.Aggregates {
		nodes = append(nodes, a.Node)
	}
	for _, e := range r.Scores {
		nodes = append(nodes, e.Node)
	}
	return nodes
}
