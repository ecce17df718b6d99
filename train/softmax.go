package train

// softmax replaces scores by the probabilities of the classes and returns the
// cross-entropy of class y in nats. It subtracts the largest score first, so that
// nothing overflows. The result is NaN or +Inf if a score is NaN or +Inf, or if the
// score of class y is -Inf.
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
