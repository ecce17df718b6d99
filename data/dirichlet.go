package data

import (
	"fmt"
	"math"
	"math/rand/v2"
)

const (
	// minAlpha and maxAlpha bound the concentration. Below, each class would have one
	// owner; above, all parts would be alike; beyond both, floats lose precision.
	minAlpha = 1e-6
	maxAlpha = 1e6
	// minPart is the least number of rows per part, where there are enough.
	minPart = 8
)

// Dirichlet splits a table by label, as if each part belonged to another owner:
// the rows of every class are divided among the parts in proportions drawn from
// a symmetric Dirichlet distribution of concentration alpha (Yurochkin et al.
// 2019, arXiv:1905.12022, section 4; Li et al. 2021, arXiv:2102.02079, section
// 4.1). A part's mix of classes is then about Dirichlet(alpha), as in Hsu, Qi
// and Brown 2019, arXiv:1909.06335, and its size differs from others' as well.
// A small alpha (0.1) gives parts of few classes, a large one (100) parts that
// are alike.
//
// Every row lands in exactly one part; a part is a view. A part that drew fewer than 8 rows
// (or fewer than its equal share, if that is less) is filled up from the largest part.
//
// The proportions are computed in floating point. On another architecture they may differ
// in the last bit, which moves a row about once in 10^12 cuts.
func Dirichlet(t Table, parts int, alpha float64, seed uint64) ([]Table, error) {
	if math.IsNaN(alpha) || alpha < minAlpha || alpha > maxAlpha {
		return nil, fmt.Errorf("dirichlet concentration %v: want %v to %v", alpha, minAlpha, maxAlpha)
	}
	if err := divisible(t, parts); err != nil {
		return nil, err
	}
	source := stream(seed, streamDirichlet)
	random := rand.New(source)
	partRows := make([][]int, parts)
	for _, rows := range t.byClass() {
		Permute(rows, source)
		from, share := 0, 0.0
		for i, p := range proportions(parts, alpha, random) {
			share += p
			to := min(int(math.Round(share*float64(len(rows)))), len(rows))
			if i == parts-1 {
				to = len(rows)
			}
			partRows[i] = append(partRows[i], rows[from:to]...)
			from = to
		}
	}
	level(partRows, min(minPart, t.Rows()/parts))
	return t.viewAll(partRows), nil
}

// level moves rows from the largest part to each part that has fewer than least.
func level(partRows [][]int, least int) {
	for i := range partRows {
		for len(partRows[i]) < least {
			largest := 0
			for j := range partRows {
				if len(partRows[j]) > len(partRows[largest]) {
					largest = j
				}
			}
			last := len(partRows[largest]) - 1
			partRows[i] = append(partRows[i], partRows[largest][last])
			partRows[largest] = partRows[largest][:last]
		}
	}
}

// proportions draws from the symmetric Dirichlet distribution over n parts. It
// works on logarithms: at a small alpha most proportions underflow a float.
func proportions(n int, alpha float64, random *rand.Rand) []float64 {
	p := make([]float64, n)
	largest, total := math.Inf(-1), 0.0
	for i := range p {
		p[i] = logGamma(alpha, random)
		largest = max(largest, p[i])
	}
	for i := range p {
		p[i] = math.Exp(p[i] - largest)
		total += p[i]
	}
	for i := range p {
		p[i] /= total
	}
	return p
}

// logGamma draws the logarithm of a Gamma(shape, 1) variate (Marsaglia and
// Tsang 2000, sections 2 and 6).
func logGamma(shape float64, random *rand.Rand) float64 {
	if shape < 1 {
		return logGamma(shape+1, random) - random.ExpFloat64()/shape
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := random.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-random.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return math.Log(d * v)
		}
	}
}
