package main

import (
	"cmp"
	"slices"
	"time"
)

// cost is the cost of a block, or the difference of two blocks.
type cost struct {
	gas   int64
	keys  int64         // set or deleted in the stores
	bytes int64         // of these keys and their values
	tree  int64         // bytes written to the database
	time  time.Duration // of FinalizeBlock
	check time.Duration // of CheckTx; 0 without a message
}

func (c cost) less(empty cost) cost {
	return cost{
		gas: c.gas - empty.gas, keys: c.keys - empty.keys, bytes: c.bytes - empty.bytes, tree: c.tree - empty.tree,
		time: c.time - empty.time, check: c.check - empty.check,
	}
}

// row has the medians over all costs of a kind.
type row struct {
	Trainers int    `json:"trainers"` // in the round
	What     string `json:"what"`
	Samples  int    `json:"samples"`
	Gas      int64  `json:"gas,omitempty"`
	Keys     int64  `json:"keys"`
	Bytes    int64  `json:"bytes"`
	Tree     int64  `json:"tree_bytes"`
	Time     int64  `json:"time_us"`
	Check    int64  `json:"check_us,omitempty"`
}

func newRow(trainers int, what string, costs []cost) row {
	return row{
		Trainers: trainers, What: what, Samples: len(costs),
		Gas:   median(costs, func(c cost) int64 { return c.gas }),
		Keys:  median(costs, func(c cost) int64 { return c.keys }),
		Bytes: median(costs, func(c cost) int64 { return c.bytes }),
		Tree:  median(costs, func(c cost) int64 { return c.tree }),
		Time:  median(costs, func(c cost) int64 { return c.time.Microseconds() }),
		Check: median(costs, func(c cost) int64 { return c.check.Microseconds() }),
	}
}

// median is the median of one figure; for an even number of figures, the lower of the two in
// the middle.
func median[T cmp.Ordered](costs []cost, figure func(cost) T) T {
	figures := make([]T, len(costs))
	for i, c := range costs {
		figures[i] = figure(c)
	}
	slices.Sort(figures)
	return figures[(len(figures)-1)/2]
}
