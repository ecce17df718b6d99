package main

// best is the best accuracy so far after each round, which makes a curve monotone, as in the
// paper (section 3).
func best(curve []float64) []float64 {
	monotone := make([]float64, len(curve))
	so := 0.0
	for i, accuracy := range curve {
		so = max(so, accuracy)
		monotone[i] = so
	}
	return monotone
}

// crossing is the number of rounds until a curve reaches a target. As in the paper (section
// 3), the monotone curve is interpolated linearly between the rounds before and after. The
// first point of the curve is round 0.
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
