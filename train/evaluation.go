package train

import (
	"cmp"

	"github.com/althing-network/althing/spec"
)

// Evaluation is how good a model is on some rows. If the model predicts a number, no row is
// right or wrong; then Correct is R2 times Samples, rounded down.
type Evaluation struct {
	Correct int     // rows classified correctly
	Samples int     // rows in all
	Loss    float64 // mean loss, cross-entropy in nats or squared error; not finite for absurd weights
	// Counts has the rows and the correct ones per class, in the order of the classes. It is
	// a single count of all rows if the model has more than [spec.MaxCounts] classes or
	// predicts a number.
	Counts []spec.Count
	// R2 is set if the model predicts a number: the fraction of the labels' variance that it
	// explains, rounded down, and 0 if it explains none. If all labels are equal, R2 is 1
	// if every prediction is exactly that number, else 0.
	R2 spec.PPM
}

// Score is the one figure that an evaluator commits to: R2 if the model predicts a number,
// else the accuracy.
func (e Evaluation) Score() spec.PPM { return cmp.Or(e.R2, e.Accuracy()) } // Correct is 0 where R2 is

// Accuracy is Correct divided by Samples, in ppm, rounded down.
func (e Evaluation) Accuracy() spec.PPM {
	if e.Samples == 0 {
		return 0
	}
	return spec.PPM(uint64(e.Correct) * uint64(spec.One) / uint64(e.Samples))
}

// countCorrect compares the predicted class of each row with its label.
func (e *Evaluation) countCorrect(predicted, labels []int32, classes int) {
	perClass := classes <= spec.MaxCounts
	if !perClass {
		classes = 1
	}
	e.Counts = make([]spec.Count, classes)
	for i, y := range labels {
		c := &e.Counts[0]
		if perClass {
			c = &e.Counts[y]
		}
		c.Rows++
		if predicted[i] == y {
			c.Correct++
			e.Correct++
		}
	}
}

// setR2 compares the predicted number of each row with its label: R2 is 1 - s/t, where s is
// the sum of the squared errors and t the sum of the squared distances of the labels from
// their mean.
func (e *Evaluation) setR2(predicted, labels []float32) {
	var mean, s, t float64
	for _, y := range labels {
		mean += float64(y)
	}
	mean /= float64(len(labels)) // exact if all labels are equal
	for i, y := range labels {
		missed, off := float64(predicted[i])-float64(y), float64(y)-mean
		s += float64(missed * missed)
		t += float64(off * off)
	}
	switch {
	case s == 0:
		e.R2 = spec.One
	case s < t: // false if s is NaN
		e.R2 = spec.PPM(float64((t-s)*float64(spec.One)) / t)
	}
	e.Correct = int(uint64(e.R2) * uint64(e.Samples) / uint64(spec.One))
	e.Counts = []spec.Count{{Rows: uint32(e.Samples), Correct: uint32(e.Correct)}}
}
