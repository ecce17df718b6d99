package aggregate

import (
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// block is how many values one core takes at a time: their sums, and as many
// values of an update, fit in the second cache of most processors, and what it costs
// to ask for the values is little beside what it takes to add them.
const block = 1 << 16

// spread divides n values into blocks and runs work on every core, each with the
// blocks that come to it, as first and last+1 values. It returns when all are
// done. A panic of work is one of the caller.
func spread(n int, work func(blocks iter.Seq2[int, int])) {
	var next atomic.Int64
	blocks := func(yield func(from, to int) bool) {
		for {
			from := int(next.Add(block)) - block
			if from >= n || !yield(from, min(from+block, n)) {
				return
			}
		}
	}
	var others sync.WaitGroup
	var panicked atomic.Value
	for range min(runtime.GOMAXPROCS(0), (n+block-1)/block) - 1 {
		others.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					panicked.CompareAndSwap(nil, p)
				}
			}()
			work(blocks)
		})
	}
	work(blocks)
	others.Wait()
	if p := panicked.Load(); p != nil {
		panic(p)
	}
}
