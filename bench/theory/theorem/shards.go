package theorem

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/data"
)

// Shards splits a table over n trainers in shards of equal size: by label in
// Dirichlet proportions, as the demo does, after which rows move from the end of
// shards that have too many to those that have too few. It fails when the rows
// cannot be divided by n, and as [data.Dirichlet] does.
//
// The sizes are equal because the theorem wants an unbiased gradient. Where m of n
// trainers are drawn, the mean of their gradients is unbiased for the mean over all
// trainers, which is the mean over all rows if their shards are of one size. With
// shards of other sizes, weights n_k divided by the sum of those drawn, as FedAvg
// has them, are a ratio of two random numbers, and biased.
func Shards(t data.Table, n int, alpha float64, seed uint64) ([]data.Table, error) {
	if n < 1 || t.Rows()%n != 0 {
		return nil, fmt.Errorf("%d rows over %d trainers: want shards of equal size, so a number that divides %d", t.Rows(), n, t.Rows())
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

// part is the rows of a view from one to before another.
func part(t data.Table, from, to int) data.Table {
	t.Y, t.Index = t.Y[from:to:to], t.Index[from:to:to]
	return t
}

// joined is the rows of both, views of one table.
func joined(t, more data.Table) data.Table {
	t.Y, t.Index = slices.Concat(t.Y, more.Y), slices.Concat(t.Index, more.Index)
	return t
}
