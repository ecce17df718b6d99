package train

import (
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// label is what a model should predict for a row. If it predicts a class: the class, and
// value 1, the score that the class should have. If it predicts a number: class 0, the
// only score that the model has, and the number.
type label struct {
	class int32
	value float32
}

// labelOf is the label of a row of a table.
func labelOf(t data.Table, row int) label {
	if t.Targets != nil {
		return label{value: t.Targets[row]}
	}
	return label{class: t.Y[row], value: 1}
}

// loss computes the loss of one row with label y, and replaces its scores by the
// gradient with respect to them. The loss is not finite if a score is NaN or infinite,
// with one exception: in [crossEntropy] a score of -Inf for a class other than y's is a
// probability of 0.
type loss func(scores []float32, y label) float32

// lossOf is the loss that an architecture is trained with.
func lossOf(m spec.Model) (loss, error) {
	switch m.Loss {
	case "":
		return crossEntropy, nil
	case spec.LossMSE:
		return squaredError, nil
	}
	return nil, fmt.Errorf("the engine has no loss %q", m.Loss)
}

// crossEntropy is the cross-entropy of the softmax of the scores, in nats.
func crossEntropy(scores []float32, y label) float32 {
	loss := softmax(scores, y.class)
	scores[y.class]--
	return loss
}

// squaredError is the mean squared error of the scores: y's class should have y's value,
// every other class 0.
func squaredError(scores []float32, y label) (mean float32) {
	scores[y.class] -= y.value
	n := float32(len(scores))
	for c, v := range scores {
		mean += float32(v * v)
		scores[c] = float32(2*v) / n
	}
	return mean / n
}
