package train

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// loss is that of one row: it replaces the scores by the gradient by them and
// returns the loss, where y is the row's class. Where a score is NaN or infinite
// the loss is no finite number, but for a -Inf of another class than y in
// [crossEntropy]: its probability is 0, as it should be.
type loss func(scores []float32, y int32) float32

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
func crossEntropy(scores []float32, y int32) float32 {
	loss := softmax(scores, y)
	scores[y]--
	return loss
}

// squares is the mean squared distance of the scores from 1 for class y and 0
// for the others.
func squares(scores []float32, y int32) (mean float32) {
	scores[y]--
	n := float32(len(scores))
	for c, v := range scores {
		mean += float32(v * v)
		scores[c] = float32(2*v) / n
	}
	return mean / n
}
