package train

import (
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// label is what a row says that a model should find: its class, and what the score of
// that class should be, which is 1. Where the label is a number, the model has one score,
// of class 0, and the value is the number.
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

// loss is that of one row: it replaces the scores by the gradient by them and
// returns the loss, where y is the row's label. Where a score is NaN or infinite
// the loss is no finite number, but for a -Inf of another class than y's in
// [crossEntropy]: its probability is 0, as it should be.
type loss func(scores []float32, y label) float32

// lossOf is the loss an architecture is trained by.
func lossOf(m spec.Model) (loss, error) {
	switch m.Loss {
	case "":
		return crossEntropy, nil
	case spec.LossMSE:
		return squares, nil
	}
	return nil, fmt.Errorf("the engine has no loss %q", m.Loss)
}

// crossEntropy of the softmax of the scores, in nats.
func crossEntropy(scores []float32, y label) float32 {
	loss := softmax(scores, y.class)
	scores[y.class]--
	return loss
}

// squares is the mean squared distance of the scores from the value of y for its class
// and 0 for the others.
func squares(scores []float32, y label) (mean float32) {
	scores[y.class] -= y.value
	n := float32(len(scores))
	for c, v := range scores {
		mean += float32(v * v)
		scores[c] = float32(2*v) / n
	}
	return mean / n
}
