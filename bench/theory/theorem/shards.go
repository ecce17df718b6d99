package theorem

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/data"
)

// Shards splits a table between n trainers into shards of equal size: first by label in
// Dirichlet proportions, as the demo does; then rows move from the end of shards that are too
// large to shards that are too small. It fails if the number of rows is not a multiple of n,
// or if [data.Dirichlet] fails.
//
// The sizes are equal because the theorem needs an unbiased gradient. If m of n trainers are
// drawn, the mean of their gradients is an unbiased estimate of the mean over all trainers,
// which is the mean over all rows only if all shards have the same size. With different
// sizes, the weights of FedAvg (n_k divided by the sum over the drawn trainers) are a ratio
// of two random numbers, and biased.
func Shards(t data.Table, n int, alpha float64, seed uint64) ([]data.Table, error) {
	if n < 1 || t.Rows()%n != 0 {
		return nil, fmt.Errorf("%d rows for %d trainers: want a number of trainers that divides %d", t.Rows(), n, t.Rows())
	}
	shards, err := data.Dirichlet(t, n, alpha, seed)
	if err != nil {
		return nil, err
	}
	size := t.Rows() / n
	spare := t.View(nil)
	for k, s := range shards {
		if s.Rows() > size {
			shards[k] = part(s, 0, size)
			spare = joined(spare, part(s, size, s.Rows()))
		}
	}
	for k, s := range shards {
		missing := size - s.Rows()
		shards[k] = joined(s, part(spare, 0, missing))
		spare = part(spare, missing, spare.Rows())
	}
	return shards, nil
}

// part is a view of the rows with the indices from to to-1.
func part(t data.Table, from, to int) data.Table {
	t.Y, t.Index = t.Y[from:to:to], t.Index[from:to:to]
	return t
}

// joined is a view of the rows of two views of the same table.
func joined(t, more data.Table) data.Table {
	t.Y, t.Index = slices.Concat(t.Y, more.Y), slices.Concat(t.Index, more.Index)
	return t
}
