package view

import (
	"context"
	"fmt"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// A score is never shown without the round that made its model. The trainers' own figure
// stands beside the model that they judged, which is the one that they began the round with.

// NotScored is said of a model that has no score.
const NotScored = "not scored"

// Measured is said of a round in which nobody trained yet.
const Measured = "columns measured, to bring rows to scale"

// The names of scores.
const (
	Accuracy = "accuracy"
	R2       = "R2" // of a model that predicts a number: no row is right or wrong
)

// ScoreName is what the score of a model is called.
func ScoreName(m spec.Model) string {
	if m.Regression() {
		return R2
	}
	return Accuracy
}

// Score is a score for JSON: nil where it is not known.
func Score(score spec.PPM, known bool) *spec.PPM {
	if !known {
		return nil
	}
	return &score
}

// scoreCell is a score for a table.
func scoreCell(score *spec.PPM) any {
	if score == nil {
		return "-"
	}
	return *score
}

// FourDigits is a score with four digits after the point, rounded down, so that the scores of
// rounds are aligned.
func FourDigits(score spec.PPM) string {
	const place = spec.One / 10_000
	return fmt.Sprintf("%d.%04d", score/spec.One, score%spec.One/place)
}

// Quality is how good a model is, for a line about its round. Name is the name of its score.
func Quality(name string, score *spec.PPM, h *spec.Holdout) string {
	line := NotScored
	if score != nil {
		line = fmt.Sprintf("%s %s", name, FourDigits(*score))
	}
	if h != nil {
		line += fmt.Sprintf("  hold-out %s", FourDigits(h.Accuracy))
	}
	return line
}

// Holdout is the hold-out of all evaluators of a round together; nil where no evaluator
// published how many rows were right.
func Holdout(r spec.Round) *spec.Holdout {
	h := r.Holdout()
	if h.Told == 0 {
		return nil
	}
	return &h
}

// FederatedScore is how good the trainers of a round found the model that they began with;
// nil where none of them published it.
func FederatedScore(r spec.Round) *spec.PPM { return Score(r.FederatedScore()) }

// federatedEnd is the federated score as the end of a line. base names the origin of the
// scored model.
func federatedEnd(score *spec.PPM, base string) string {
	if score == nil {
		return ""
	}
	return fmt.Sprintf("  federated %s of %s", FourDigits(*score), base)
}

// federatedScoreOf is how good trainers found a model, by the first later round in which one
// of them published it. Later has the rounds after the one that made the model, in order.
func federatedScoreOf(model spec.Digest, later []spec.Round) *spec.PPM {
	for _, r := range later {
		if r.Base != model {
			break
		}
		if score := FederatedScore(r); score != nil {
			return score
		}
	}
	return nil
}

// ScoredRound reads the round that made the model with a task's newest score; it is zero
// where no model has been scored.
func ScoredRound(ctx context.Context, c *client.Client, t spec.Task) (spec.Round, error) {
	if t.ScoredRound == 0 {
		return spec.Round{}, nil
	}
	return c.Round(ctx, t.ID, t.ScoredRound)
}

// newestScore is the newest score of a task with its round.
func newestScore(t spec.Task) string {
	if t.ScoredRound == 0 {
		return NotScored
	}
	return fmt.Sprintf("%s (round %d)", t.Score, t.ScoredRound)
}

// scoreRows are the rows about the scores of a task. Scored is the round of the newest score.
func (p *Part) scoreRows(t spec.Task, scored spec.Round) {
	line := newestScore(t)
	if t.ScoredRound > 0 && scored.Next != t.Model {
		line += "; the current model is not scored"
	}
	p.Row("score", line)
	if t.BestRound != t.ScoredRound {
		p.Row("best score", fmt.Sprintf("%s (round %d), no better since: %s", t.Best, t.BestRound, Counted(t.Stale, "model")))
	}
	p.holdoutRows(scored)
}

// holdoutRows are the rows about the whole hold-out of a round, if anything of it is known.
func (p *Part) holdoutRows(r spec.Round) {
	h := Holdout(r)
	if h == nil {
		return
	}
	least, most := h.Shards[0].Rows, h.Shards[0].Rows
	for _, s := range h.Shards {
		least, most = min(least, s.Rows), max(most, s.Rows)
	}
	evaluators := Counted(h.Told, "evaluator")
	if h.Told < h.Evaluators {
		evaluators = fmt.Sprintf("%d of %d evaluators; the others published no counts", h.Told, h.Evaluators)
	}
	rows := fmt.Sprintf("%d to %d rows each", least, most)
	if least == most {
		rows = Counted(least, "row") + " each"
	}
	p.Row("hold-out", fmt.Sprintf("%s over all %d rows, %s, of %s", h.Accuracy, h.Rows, rows, evaluators))
	if len(h.Classes) > 0 {
		p.Row("balanced", fmt.Sprintf("%s, the mean over the classes", h.Balanced))
		p.Row("largest class", fmt.Sprintf("%s of the rows: what always guessing it reaches", h.Largest))
	}
}

// Origins remembers which round made which model.
type Origins map[spec.Digest]uint64

// Add notes the model that a round made.
func (o Origins) Add(r spec.Round) {
	if !r.Next.IsZero() {
		o[r.Next] = r.Number
	}
}

// Of says where a model of a task comes from: "round 3", "model 0", or its digest.
func (o Origins) Of(t spec.Task, model spec.Digest) string {
	number, made := o[model]
	isFirst := func(m spec.Member) bool { return m.Ready == model }
	switch {
	case made:
		return fmt.Sprintf("round %d", number)
	case slices.ContainsFunc(t.Aggregators, isFirst):
		return "model 0"
	}
	return model.Short()
}
