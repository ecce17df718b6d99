package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// What is shown of how good a model is: never a score without the round whose model it is
// of, and the trainers' own figure beside the model that it judges, which is the one that
// they began with.

const notScored = "not scored"

// score is the newest score of a task, in words.
func score(t spec.Task) string {
	if t.ScoredRound == 0 {
		return notScored
	}
	return fmt.Sprintf("%s (round %d)", t.Score, t.ScoredRound)
}

// scoredRound is the round whose model has a task's newest score; the zero one where no
// model has been scored.
func scoredRound(ctx context.Context, c *client.Client, t spec.Task) (spec.Round, error) {
	if t.ScoredRound == 0 {
		return spec.Round{}, nil
	}
	return c.Round(ctx, t.ID, t.ScoredRound)
}

// scores are the rows that tell what is known of how good a task's models are.
func scores(out table, t spec.Task, scored spec.Round) {
	line := score(t)
	if t.ScoredRound > 0 && scored.Next != t.Model {
		line += "; the current model is not scored"
	}
	out.row("score", line)
	if t.BestRound != t.ScoredRound {
		out.row("best score", fmt.Sprintf("%s (round %d), no better since: %s", t.Best, t.BestRound, counted(t.Stale, "model")))
	}
	holdoutRows(out, scored)
}

// holdout is the whole hold-out of a round; nil where no evaluator has told of its rows.
func holdout(r spec.Round) *spec.Holdout {
	h := r.Holdout()
	if h.Told == 0 {
		return nil
	}
	return &h
}

// What scores are called.
const (
	figureAccuracy = "accuracy"
	figureR2       = "R2" // of a model that predicts a number: no row is right or wrong
)

// figureOf is what the score of a model is called.
func figureOf(m spec.Model) string {
	if m.Regression() {
		return figureR2
	}
	return figureAccuracy
}

// measured is what there is to say of a round in which nobody has trained yet.
const measured = "columns measured, to bring rows to scale"

// howGood is the model that a round made, as a part of a line. What is what the score is called.
func howGood(what string, score *spec.PPM, h *spec.Holdout) string {
	line := notScored
	if score != nil {
		line = fmt.Sprintf("%s %s", what, fourDigits(*score))
	}
	if h != nil {
		line += fmt.Sprintf("  hold-out %s", fourDigits(h.Accuracy))
	}
	return line
}

// fourDigits is a score with four digits behind the point, rounded down, so that the lines of
// rounds stand below each other.
func fourDigits(score spec.PPM) string {
	const place = spec.One / 10_000
	return fmt.Sprintf("%d.%04d", score/spec.One, score%spec.One/place)
}

// baseFederated is how good the trainers of a round found the model that they began with, as
// the end of a line; base says where that comes from.
func baseFederated(f *spec.PPM, base string) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf("  federated %s of %s", fourDigits(*f), base)
}

// holdoutRows tells of the whole hold-out of a round, if anything of it is told.
func holdoutRows(out table, r spec.Round) {
	h := holdout(r)
	if h == nil {
		return
	}
	least, most := h.Shards[0].Rows, h.Shards[0].Rows
	for _, s := range h.Shards {
		least, most = min(least, s.Rows), max(most, s.Rows)
	}
	of := fmt.Sprintf("%d evaluators", h.Told)
	if h.Told < h.Evaluators {
		of = fmt.Sprintf("%d of %d evaluators, the others did not tell", h.Told, h.Evaluators)
	}
	out.row("hold-out", fmt.Sprintf("%s over all %d rows, %d to %d each of %s", h.Accuracy, h.Rows, least, most, of))
	if len(h.Classes) > 0 {
		out.row("balanced", fmt.Sprintf("%s, the mean over the classes", h.Balanced))
		out.row("largest class", fmt.Sprintf("%s of the rows: what always guessing it reaches", h.Largest))
	}
}

// federated is how good the trainers of a round found the model they began with, if any
// has said so.
func federated(r spec.Round) *spec.PPM { return number(r.FederatedScore()) }

// federatedOf is how good trainers found a model: those of the first round in which some
// said so, of the rounds that follow the one that made it.
func federatedOf(model spec.Digest, following []spec.Round) *spec.PPM {
	for _, r := range following {
		if r.Base != model {
			break
		}
		if f := federated(r); f != nil {
			return f
		}
	}
	return nil
}

// following reads the rounds behind one that began with its model.
func following(ctx context.Context, c *client.Client, r spec.Round) (rounds []spec.Round, err error) {
	if r.Next.IsZero() {
		return nil, nil
	}
	t, err := c.Task(ctx, r.Task)
	if err != nil {
		return nil, err
	}
	for n := r.Number + 1; n <= t.Round; n++ {
		next, err := c.Round(ctx, r.Task, n)
		if err != nil || next.Base != r.Next {
			return rounds, err
		}
		rounds = append(rounds, next)
	}
	return rounds, nil
}

// origins remembers which rounds made which models.
type origins map[spec.Digest]uint64

func (o origins) add(r spec.Round) {
	if !r.Next.IsZero() {
		o[r.Next] = r.Number
	}
}

// of says in words where a model of a task comes from.
func (o origins) of(t spec.Task, model spec.Digest) string {
	number, made := o[model]
	zero := func(m spec.Member) bool { return m.Ready == model }
	switch {
	case made:
		return fmt.Sprintf("round %d", number)
	case slices.ContainsFunc(t.Aggregators, zero):
		return "model 0"
	}
	return model.Short()
}
