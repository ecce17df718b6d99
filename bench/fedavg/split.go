package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/althing-network/althing/data"
)

// splitStream separates the random draws of a split from other uses of a seed. It spells
// "splitted".
const splitStream = 0x73706c6974746564

// split splits all rows of a table between clients, as in section 3 of the paper. Each client
// is a view of the table. IID: the rows are shuffled and split evenly. Non-IID, the paper's
// pathological split: the rows are sorted by label and cut into two shards per client, and
// each client gets two shards at random. The number of rows must be a multiple of the number
// of shards.
func split(t data.Table, name string, clients int, seed uint64) ([]data.Table, error) {
	shards := 2 * clients
	if clients < 1 || t.Rows() == 0 || t.Rows()%shards != 0 {
		return nil, fmt.Errorf("%d rows for %d clients: want a multiple of %d", t.Rows(), clients, shards)
	}
	source := rand.NewPCG(seed, splitStream)
	order := make([]int, t.Rows())
	for i := range order {
		order[i] = i
	}
	deal := make([]int, shards)
	for i := range deal {
		deal[i] = i
	}
	switch name {
	case iid:
		data.Permute(order, source)
	case nonIID:
		slices.SortStableFunc(order, func(a, b int) int { return int(t.Y[a] - t.Y[b]) })
		data.Permute(deal, source)
	default:
		return nil, fmt.Errorf("unknown split %q: want %s or %s", name, iid, nonIID)
	}
	size := t.Rows() / shards
	tables := make([]data.Table, 0, clients)
	for pair := range slices.Chunk(deal, 2) {
		one, two := pair[0]*size, pair[1]*size
		tables = append(tables, t.View(slices.Concat(order[one:one+size], order[two:two+size])))
	}
	return tables, nil
}

// pieces splits a table into at most n views of consecutive rows.
func pieces(t data.Table, n int) (cut []data.Table) {
	rows := make([]int, t.Rows())
	for i := range rows {
		rows[i] = i
	}
	size := (len(rows) + n - 1) / n
	for piece := range slices.Chunk(rows, size) {
		cut = append(cut, t.View(piece))
	}
	return cut
}
