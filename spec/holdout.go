package spec

import "math/bits"

// Accuracy is the share of rows that are right, rounded down; 0 where there are none.
func (c Count) Accuracy() PPM { return accuracy(uint64(c.Correct), uint64(c.Rows)) }

func accuracy(correct, rows uint64) PPM {
	if rows == 0 {
		return 0
	}
	high, low := bits.Mul64(correct, uint64(One))
	share, _ := bits.Div64(high, low, rows) // correct is at most rows, so it fits
	return PPM(share)
}

// total adds counts up.
func total(counts []Count) (rows, correct uint64) {
	for _, c := range counts {
		rows += uint64(c.Rows)
		correct += uint64(c.Correct)
	}
	return rows, correct
}

// CountsFit reports whether counts can be those of a shard: one for each class of the model,
// in their order, where it has at most [MaxCounts], else one of all rows; in none more right
// than there are; [MaxSamples] rows in all at most.
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

// EnoughRows reports whether a shard with these counts has as many rows as the task wants
// of each evaluator.
func (d Data) EnoughRows(counts []Count) bool {
	rows, _ := total(counts)
	return rows >= uint64(max(1, d.MinHoldout))
}

// ScoreFits reports whether a score is the one that counts say: the share of rows that are
// right, rounded down. Where the label is a number the counts are made of the score: its share
// of the rows, rounded down, stands for those that are right.
func (m Model) ScoreFits(score PPM, counts []Count) bool {
	rows, correct := total(counts)
	if m.Regression() {
		high, low := bits.Mul64(uint64(score), rows)
		return high == 0 && correct == low/uint64(One)
	}
	return score == accuracy(correct, rows)
}

// Holdout is what the evaluators of a round found together: the rows of all shards in one
// pot, where the score is the median of theirs.
type Holdout struct {
	Evaluators int    `json:"evaluators"` // that opened their scores
	Told       int    `json:"told"`       // of these, how many told the counts of which all else is made
	Rows       uint64 `json:"rows"`
	Correct    uint64 `json:"correct"`
	Accuracy   PPM    `json:"accuracy"` // where the label is a number, the mean of the shards' scores, weighted by rows
	// Classes are the rows by class, in the order of the model's outputs; empty where one
	// who told counts did not count by class, and then the two figures below are 0.
	Classes  []Class `json:"classes,omitempty"`
	Balanced PPM     `json:"balanced_accuracy,omitempty"` // mean of the accuracies of the classes that have rows, rounded down
	Largest  PPM     `json:"largest_class,omitempty"`     // share of the largest class: the accuracy of always guessing it
	Shards   []Shard `json:"shards"`
}

// Class is all rows of one class.
type Class struct {
	Rows     uint64 `json:"rows"`
	Correct  uint64 `json:"correct"`
	Accuracy PPM    `json:"accuracy"`
}

// Shard is the rows of one evaluator.
type Shard struct {
	Node    uint64 `json:"node"`
	Rows    uint64 `json:"rows"`
	Correct uint64 `json:"correct"`
}

// Holdout adds up what the evaluators have told of their shards, as far as they have opened
// their scores.
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
