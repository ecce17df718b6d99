package spec

import "math/bits"

// Accuracy is the share of correct rows, rounded down; 0 if there are no rows.
func (c Count) Accuracy() PPM { return accuracy(uint64(c.Correct), uint64(c.Rows)) }

func accuracy(correct, rows uint64) PPM {
	if rows == 0 {
		return 0
	}
	high, low := bits.Mul64(correct, uint64(One))
	share, _ := bits.Div64(high, low, rows) // correct is at most rows, so it fits
	return PPM(share)
}

// total is the sum of counts.
func total(counts []Count) (rows, correct uint64) {
	for _, c := range counts {
		rows += uint64(c.Rows)
		correct += uint64(c.Correct)
	}
	return rows, correct
}

// CountsFit reports whether counts are possible for a shard of the task's hold-out: one count
// per class of the model, in the order of its classes, or one count of all rows if the model
// has more than [MaxCounts] classes; at most as many correct rows as rows in each; at most
// [MaxSamples] rows in all.
func (t TaskSpec) CountsFit(counts []Count) bool {
	want := 1
	if t.Model.Classes <= MaxCounts {
		want = int(t.Model.Classes)
	}
	if len(counts) != want {
		return false
	}
	for _, c := range counts {
		if c.Correct > c.Rows {
			return false
		}
	}
	rows, _ := total(counts)
	return rows <= MaxSamples
}

// EnoughRows reports whether a shard with these counts has at least as many rows as the task
// asks of each evaluator.
func (d Data) EnoughRows(counts []Count) bool {
	rows, _ := total(counts)
	return rows >= uint64(max(1, d.MinHoldout))
}

// ScoreFits reports whether a score and counts agree. For a label with classes the score is
// the share of correct rows, rounded down. For a label that is a number, no row is correct or
// wrong: there the evaluator states as correct rows the score times the rows, rounded down.
func (m Model) ScoreFits(score PPM, counts []Count) bool {
	rows, correct := total(counts)
	if m.Regression() {
		high, low := bits.Mul64(uint64(score), rows)
		return high == 0 && correct == low/uint64(One)
	}
	return score == accuracy(correct, rows)
}

// Holdout is the result of all evaluators of a round together, over the rows of all their
// shards. The round's score is something else: the median of the evaluators' scores.
type Holdout struct {
	Evaluators int    `json:"evaluators"` // that opened their scores
	Told       int    `json:"told"`       // of Evaluators: those that stated counts; all other fields are computed from these counts
	Rows       uint64 `json:"rows"`
	Correct    uint64 `json:"correct"`
	Accuracy   PPM    `json:"accuracy"` // for a label that is a number: the mean of the shards' scores, weighted by rows
	// Classes are the rows by class, in the order of the model's outputs. If some evaluator
	// stated counts without classes, it is empty, and the two fields below are 0.
	Classes  []Class `json:"classes,omitempty"`
	Balanced PPM     `json:"balanced_accuracy,omitempty"` // mean accuracy over the classes that have rows, rounded down
	Largest  PPM     `json:"largest_class,omitempty"`     // share of the largest class, which is the accuracy of always predicting it
	Shards   []Shard `json:"shards"`
}

// Class counts the rows of one class, over all shards.
type Class struct {
	Rows     uint64 `json:"rows"`
	Correct  uint64 `json:"correct"`
	Accuracy PPM    `json:"accuracy"`
}

// Shard counts the rows of one evaluator.
type Shard struct {
	Node    uint64 `json:"node"`
	Rows    uint64 `json:"rows"`
	Correct uint64 `json:"correct"`
}

// Holdout adds up the counts of the evaluators that have opened their scores.
func (r Round) Holdout() (h Holdout) {
	byClass := true
	for _, e := range r.Scores {
		if e.Revealed == 0 {
			continue
		}
		h.Evaluators++
		if len(e.Counts) == 0 {
			continue
		}
		h.Told++
		rows, correct := total(e.Counts)
		h.Shards = append(h.Shards, Shard{Node: e.Node, Rows: rows, Correct: correct})
		h.Rows, h.Correct = h.Rows+rows, h.Correct+correct
		if byClass = byClass && len(e.Counts) > 1 && (h.Classes == nil || len(h.Classes) == len(e.Counts)); !byClass {
			continue
		}
		if h.Classes == nil {
			h.Classes = make([]Class, len(e.Counts))
		}
		for i, c := range e.Counts {
			h.Classes[i].Rows += uint64(c.Rows)
			h.Classes[i].Correct += uint64(c.Correct)
		}
	}
	h.Accuracy = accuracy(h.Correct, h.Rows)
	if !byClass {
		h.Classes = nil
	}
	var sum, present, largest uint64
	for i := range h.Classes {
		c := &h.Classes[i]
		if c.Accuracy = accuracy(c.Correct, c.Rows); c.Rows > 0 {
			present++
		}
		sum += uint64(c.Accuracy)
		largest = max(largest, c.Rows)
	}
	if present > 0 {
		h.Balanced, h.Largest = PPM(sum/present), accuracy(largest, h.Rows)
	}
	return h
}
