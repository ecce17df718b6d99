package train

// rectify replaces what is negative by 0, and leaves NaN so that it is noticed.
func rectify(x []float32) {
	for i, v := range x {
		if v <= 0 {
			x[i] = 0
		}
	}
}

// mask stops the gradient dx where the rectified output x is 0.
func mask(dx, x []float32) {
	x = x[:len(dx)]
	for i := range dx {
		if x[i] <= 0 {
			dx[i] = 0
		}
	}
}
