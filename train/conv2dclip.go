package train

// most is how many floats of rows' own gradients a convolution remembers between
// squares and clipped: 16 MiB of them. Those of other rows are computed twice,
// which costs time and no bit.
const most = 4 << 20

// squares makes the gradients of one row at a time. Each is a sum over all places
// of the kernel, so the norms of what it is made from do not tell its own.
func (c *conv2d) squares(sums []float64, dy, x []float32) {
	if c.own == nil { // none but networks that clip need it
		n := len(c.sums) + c.channels
		c.own = make([]float32, n*(min(c.batch, most/n)+1))
	}
	for r := range sums {
		weights, biases, _ := c.ownOf(r)
		c.alone(weights, biases, dy, x, r)
		sums[r] += square(weights) + square(biases)
	}
}

func (c *conv2d) clipped(factors []float64, dy, x []float32) {
	clear(c.sums)
	clear(c.biasGradient)
	for r, f := range factors {
		weights, biases, kept := c.ownOf(r)
		if !kept {
			c.alone(weights, biases, dy, x, r)
		}
		c.kernel.AddScaled(c.sums, float32(f), weights)
		c.kernel.AddScaled(c.biasGradient, float32(f), biases)
	}
	c.finish()
}

// alone sets weights and biases to the gradients of a row.
func (c *conv2d) alone(weights, biases, dy, x []float32, row int) {
	clear(weights)
	clear(biases)
	c.add(weights, biases, dy, x, row)
}

// ownOf is the memory for a row's gradients. Rows that are not kept share it.
func (c *conv2d) ownOf(row int) (weights, biases []float32, kept bool) {
	w, n := len(c.sums), len(c.sums)+c.channels
	last := len(c.own)/n - 1
	own := c.own[min(row, last)*n:][:n]
	return own[:w], own[w:], row < last
}
