package train

// The four loops all time is spent in. Each element of a result is one sum by
// rising index, with a product rounded before it is added: whoever makes them
// faster must keep those bits. Taking four vectors at once changes no bit; it
// only gives the processor independent work.

// dot is the inner product of x and w, which have the same length.
func dot(x, w []float32) (s float32) {
	w = w[:len(x)]
	for k, v := range x {
		s += float32(v * w[k])
	}
	return s
}

// dot4 is the inner product of x with each of four vectors of its length.
func dot4(x, w0, w1, w2, w3 []float32) (s0, s1, s2, s3 float32) {
	w0, w1, w2, w3 = w0[:len(x)], w1[:len(x)], w2[:len(x)], w3[:len(x)]
	for k, v := range x {
		s0 += float32(v * w0[k])
		s1 += float32(v * w1[k])
		s2 += float32(v * w2[k])
		s3 += float32(v * w3[k])
	}
	return s0, s1, s2, s3
}

// add adds a times x to y, which has the same length.
func add(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	for k := range y {
		y[k] += float32(a * x[k])
	}
}

// add4 adds a0 times x0 to y, then a1 times x1, a2 times x2 and a3 times x3.
func add4(y []float32, a0, a1, a2, a3 float32, x0, x1, x2, x3 []float32) {
	x0, x1, x2, x3 = x0[:len(y)], x1[:len(y)], x2[:len(y)], x3[:len(y)]
	for k, s := range y {
		s += float32(a0 * x0[k])
		s += float32(a1 * x1[k])
		s += float32(a2 * x2[k])
		s += float32(a3 * x3[k])
		y[k] = s
	}
}
