package train

// dense is a fully connected layer, y = W x + b, and the gradients of the mean
// loss by its weights.
type dense struct {
	in, out                      int
	weight, bias                 []float32 // out x in, row-major; out
	weightGradient, biasGradient []float32 // the gradients, of the same shapes
}

// forward computes y (rows x out) from x (rows x in).
func (d *dense) forward(y, x []float32, rows int) {
	for r := range rows {
		xr, yr := x[r*d.in:(r+1)*d.in], y[r*d.out:(r+1)*d.out]
		o := 0
		for ; o+4 <= d.out; o += 4 {
			w := d.weight[o*d.in : (o+4)*d.in]
			s0, s1, s2, s3 := dot4(xr, w[:d.in], w[d.in:2*d.in], w[2*d.in:3*d.in], w[3*d.in:])
			yr[o] = s0 + d.bias[o]
			yr[o+1] = s1 + d.bias[o+1]
			yr[o+2] = s2 + d.bias[o+2]
			yr[o+3] = s3 + d.bias[o+3]
		}
		for ; o < d.out; o++ {
			yr[o] = dot(xr, d.weight[o*d.in:(o+1)*d.in]) + d.bias[o]
		}
	}
}

// gradient computes the gradients of weight and bias from dy (rows x out), the
// gradient by the layer's output, and its input x (rows x in).
func (d *dense) gradient(dy, x []float32, rows int) {
	clear(d.weightGradient)
	clear(d.biasGradient)
	for o := range d.out {
		g := d.weightGradient[o*d.in : (o+1)*d.in]
		r := 0
		for ; r+4 <= rows; r += 4 {
			xs := x[r*d.in : (r+4)*d.in]
			add4(g, dy[r*d.out+o], dy[(r+1)*d.out+o], dy[(r+2)*d.out+o], dy[(r+3)*d.out+o],
				xs[:d.in], xs[d.in:2*d.in], xs[2*d.in:3*d.in], xs[3*d.in:])
		}
		for ; r < rows; r++ {
			add(g, dy[r*d.out+o], x[r*d.in:(r+1)*d.in])
		}
	}
	for r := range rows {
		for o, v := range dy[r*d.out : (r+1)*d.out] {
			d.biasGradient[o] += v
		}
	}
}

// backward computes dx (rows x in), the gradient by the layer's input, from dy.
func (d *dense) backward(dx, dy []float32, rows int) {
	for r := range rows {
		g, dyr := dx[r*d.in:(r+1)*d.in], dy[r*d.out:(r+1)*d.out]
		clear(g)
		o := 0
		for ; o+4 <= d.out; o += 4 {
			w := d.weight[o*d.in : (o+4)*d.in]
			add4(g, dyr[o], dyr[o+1], dyr[o+2], dyr[o+3],
				w[:d.in], w[d.in:2*d.in], w[2*d.in:3*d.in], w[3*d.in:])
		}
		for ; o < d.out; o++ {
			add(g, dyr[o], d.weight[o*d.in:(o+1)*d.in])
		}
	}
}
