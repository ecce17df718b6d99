package train

import "math"

// clip scales the deltas of each row so that the gradient of its loss by all
// parameters has an L2 norm of at most the bound, up to rounding: by
// min(1, bound/norm) (Abadi et al. 2016, algorithm 1). It returns the longest norm
// there was; one that is not a number is the longest.
//
// No row's gradient is made for it. What goes backward through the layers is
// linear in where it began, row by row. So layers say how long a row's gradients
// will be, and the row is scaled where they are made from: their sum costs what it
// costs without a bound (ghost clipping: Li et al. 2022, "Large language models
// can be strong differentially private learners", section 4). Norms are float64,
// and have the same bits everywhere.
func (n *network) clip(rows int) (longest float64) {
	squares := n.squares[:rows]
	clear(squares)
	for i, l := range n.layers {
		if l, ok := l.(learner); ok {
			l.squares(squares, n.deltas[i+1], n.outputs[i])
		}
	}
	for r, s := range squares {
		norm := math.Sqrt(s)
		longest = max(longest, norm)
		if norm > n.bound {
			n.scale(r, n.bound/norm)
		}
	}
	return longest
}

// scale multiplies the deltas of a row at all layers with parameters.
func (n *network) scale(row int, factor float64) {
	for i, l := range n.layers {
		if _, ok := l.(learner); !ok {
			continue
		}
		width := len(n.deltas[i+1]) / n.batch
		for j, v := range n.deltas[i+1][row*width : (row+1)*width] {
			n.deltas[i+1][row*width+j] = float32(float64(v) * factor)
		}
	}
}

// square is the inner product of x with itself: four sums of each fourth value,
// added up in pairs.
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
