package train

import (
	"cmp"

	"github.com/althing-network/althing/spec"
)

// Evaluation is how good a model is on some rows. Where it predicts a number, no row is
// right or wrong; then R2 times the rows, rounded down, stands for the rows that are right.
type Evaluation struct {
	Correct int     // rows classified correctly
	Samples int     // rows in all
	Loss    float64 // mean loss, cross-entropy in nats or squared distance; not finite for absurd weights
	// Counts is Correct of Samples for each class, in the order of the classes; one count,
	// of all rows, of a model of more than [spec.MaxCounts] classes or that predicts a number.
	Counts []spec.Count
	// R2 is of a model that predicts a number: the fraction of the variance of the rows'
	// numbers that it explains, rounded down, and 0 where it explains none. Where all rows have
	// the same number, it is 1 if the model finds just that one of each row, else 0.
	R2 spec.PPM
}

// Score is the one figure that an evaluator tells: R2 of a model that predicts a number,
// else the accuracy.
func (e Evaluation) Score() spec.PPM { return cmp.Or(e.R2, e.Accuracy()) } // Correct is 0 where R2 is

// Accuracy is the micro-accuracy, Correct of Samples in ppm, rounded down.
func (e Evaluation) Accuracy() spec.PPM {
	if e.Samples == 0 {
		return 0
	}
	return spec.PPM(uint64(e.Correct) * uint64(spec.One) / uint64(e.Samples))
}

// count compares the class that was found of each row with its label.
func (e *Evaluation) count(found, labels []int32, classes int) {
	each := classes <= spec.MaxCounts
	if !each {
		classes = 1
	}
	e.Counts = make([]spec.Count, classes)
	for i, y := range labels {
		c := &e.Counts[0]
		if each {
			c = &e.Counts[y]
		}
		c.Rows++
		if found[i] == y {
			c.Correct++
			e.Correct++
		}
	}
}

// fit compares the number that was found of each row with its label: R2 is 1 - S/T, where
// S is the sum of the squared distances between the two, and T that of the labels from their
// mean.
func (e *Evaluation) fit(found, labels []float32) {
	var mean, s, t float64
	for _, y := range labels {
		mean += float64(y)
	}
	mean /= float64(len(labels)) // just the number that all have, where all have one
	for i, y := range labels {
		missed, off := float64(found[i])-float64(y), float64(y)-mean
		s += float64(missed * missed)
		t += float64(off * off)
	}
	switch {
	case s == 0:
		e.R2 = spec.One
	case s < t: // so s is a number
		e.R2 = spec.PPM(float64((t-s)*float64(spec.One)) / t)
	}
	e.Correct = int(uint64(e.R2) * uint64(e.Samples) / uint64(spec.One))
	e.Counts = []spec.Count{{Rows: uint32(e.Samples), Correct: uint32(e.Correct)}}
}
