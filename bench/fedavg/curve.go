package main

// best makes a curve monotone as the paper does (section 3): after each round, the
// best accuracy so far.
func best(curve []float64) []float64 {
	monotone := make([]float64, len(curve))
	so := 0.0
	for i, accuracy := range curve {
		so = max(so, accuracy)
		monotone[i] = so
	}
	return monotone
}

// crossing is where a curve reaches a target, in rounds: the monotone curve is
// interpolated linearly between the two rounds that have the target between them
// (section 3 of the paper). The first point of the curve is round 0.
func crossing(curve []float64, target float64) (rounds float64, reached bool) {
	monotone := best(curve)
	for i, accuracy := range monotone {
		if accuracy < target {
			continue
		}
		if i == 0 {
			return 0, true
		}
		before := monotone[i-1]
		return float64(i-1) + (target-before)/(accuracy-before), true
	}
	return 0, false
}
