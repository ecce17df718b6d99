package train

// softmax replaces scores by the probabilities of the classes and returns the
// cross-entropy of class y in nats. The largest score is subtracted first, so
// that nothing overflows. A score of NaN or +Inf, or of -Inf for class y, makes the
// result NaN or +Inf.
func softmax(x []float32, y int32) (loss float32) {
	largest := x[argmax(x)]
	loss = largest - x[y]
	var sum float32
	for c, v := range x {
		x[c] = exp(v - largest)
		sum += x[c]
	}
	for c := range x {
		x[c] /= sum
	}
	return log(sum) + loss
}
