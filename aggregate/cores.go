package aggregate

import (
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
)

// block is how many values one core takes at a time. Their sums, and as many values of an
// update, fit into the L2 cache of most processors, and reading them costs little overhead
// compared with adding them.
const block = 1 << 16

// spread divides n values into blocks and runs work on every core, each with the next blocks
// that are left, as ranges [from, to). It returns when all are done. If work panics, spread
// panics in the caller's goroutine.
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
