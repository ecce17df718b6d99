package main

import (
	"errors"
	"sync"
	"sync/atomic"
)

// each does n things with some workers, and returns their errors in the order of
// the things. After an error no further thing is begun.
func each(workers, n int, do func(i int) error) error {
	var group sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Bool
	errs := make([]error, n)
	for range min(workers, n) {
		group.Go(func() {
			for i := int(next.Add(1) - 1); i < n && !failed.Load(); i = int(next.Add(1) - 1) {
				if errs[i] = do(i); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
