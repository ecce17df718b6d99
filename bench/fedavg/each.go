package main

import (
	"errors"
	"sync"
	"sync/atomic"
)

// each calls do for 0 to n-1 in some goroutines, and joins the errors in that order. After an
// error it starts no further call.
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
