package train

// maxStoredFloats is how many floats of row gradients a convolution stores between
// addSquaredNorms and clippedGradients: 16 MiB. The gradients of further rows are computed
// twice, with the same bits.
const maxStoredFloats = 4 << 20

// addSquaredNorms computes the gradient of one row at a time. It is a sum over all
// positions of the kernel, so its norm does not follow from the norms of the terms.
func (c *conv2d) addSquaredNorms(sums []float64, dy, x []float32) {
	if c.rowGradients == nil { // only networks that clip need it
		n := len(c.sums) + c.channels
		c.rowGradients = make([]float32, n*(min(c.batch, maxStoredFloats/n)+1))
	}
	for r := range sums {
		weights, biases, _ := c.rowGradient(r)
		c.computeRowGradient(weights, biases, dy, x, r)
		sums[r] += square(weights) + square(biases)
	}
}

func (c *conv2d) clippedGradients(factors []float64, dy, x []float32) {
	clear(c.sums)
	clear(c.biasGradient)
	for r, f := range factors {
		weights, biases, kept := c.rowGradient(r)
		if !kept {
			c.computeRowGradient(weights, biases, dy, x, r)
		}
		c.kernel.AddScaled(c.sums, float32(f), weights)
		c.kernel.AddScaled(c.biasGradient, float32(f), biases)
	}
	c.storeWeightGradient()
}

// computeRowGradient sets weights and biases to the gradient of one row.
func (c *conv2d) computeRowGradient(weights, biases, dy, x []float32, row int) {
	clear(weights)
	clear(biases)
	c.addRowGradient(weights, biases, dy, x, row)
}

// rowGradient is the memory for the gradient of a row. All rows that are not kept share
// the last part.
func (c *conv2d) rowGradient(row int) (weights, biases []float32, kept bool) {
	w, n := len(c.sums), len(c.sums)+c.channels
	last := len(c.rowGradients)/n - 1
	gradient := c.rowGradients[min(row, last)*n:][:n]
	return gradient[:w], gradient[w:], row < last
}
