package train

import "math"

// clip sets the gradient to the sum of the rows' gradients, each multiplied by
// min(1, bound/norm), so that its L2 norm over all parameters is at most the bound, up
// to rounding (Abadi et al. 2016, "Deep learning with differential privacy",
// algorithm 1). It returns the largest norm before clipping, or NaN if a norm is NaN;
// then the gradient is meaningless.
//
// The backward pass is linear in its start, row by row. So one unscaled pass is enough:
// after it, each layer with parameters computes the norm of each row's gradient. A
// dense layer does so without computing the gradient itself (ghost clipping: Li et al.
// 2022, "Large language models can be strong differentially private learners",
// section 4). Norms are float64 and have the same bits everywhere.
func (n *network) clip(rows int) (longest float64) {
	squares := n.squares[:rows]
	clear(squares)
	for i, l := range n.layers {
		if l, ok := l.(trainable); ok {
			l.addSquaredNorms(squares, n.deltas[i+1], n.outputs[i])
		}
	}
	factors := squares // in the same memory
	for r, s := range squares {
		norm := math.Sqrt(s)
		longest = max(longest, norm)
		factors[r] = min(1, n.bound/norm)
	}
	for i, l := range n.layers {
		if l, ok := l.(trainable); ok {
			l.clippedGradients(factors, n.deltas[i+1], n.outputs[i])
		}
	}
	return longest
}

// square is the inner product of x with itself. Sum i of four is over the values whose
// index is i modulo 4; the four sums are then added in pairs.
func square(x []float32) float64 {
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4; x = x[4:] {
		a, b, c, d := float64(x[0]), float64(x[1]), float64(x[2]), float64(x[3])
		s0 += float64(a * a)
		s1 += float64(b * b)
		s2 += float64(c * c)
		s3 += float64(d * d)
	}
	for _, v := range x {
		s0 += float64(float64(v) * float64(v))
	}
	return (s0 + s1) + (s2 + s3)
}
