package main

import "math"

// mean is the mean of some numbers, and half the width of its 95% interval by Student's t. The
// width is 0 for one number.
func mean(numbers []float64) (mean, within float64) {
	n := float64(len(numbers))
	for _, x := range numbers {
		mean += x / n
	}
	if n < 2 {
		return mean, 0
	}
	var squares float64
	for _, x := range numbers {
		squares += (x - mean) * (x - mean)
	}
	return mean, student(n-1) * math.Sqrt(squares/(n-1)/n)
}

// student is the 0.975 quantile of Student's t, with an error of at most 0.003 for five degrees
// of freedom or more (Abramowitz and Stegun 1964, 26.7.5).
func student(freedom float64) float64 {
	const (
		z  = 1.959964 // the quantile of the normal distribution
		z2 = z * z
	)
	v := freedom
	return z * (1 + (z2+1)/(4*v) + (5*z2*z2+16*z2+3)/(96*v*v) + (3*z2*z2*z2+19*z2*z2+17*z2-15)/(384*v*v*v))
}
