package task

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/althing-network/althing/round"
)

// The end of a block must tell two kinds of errors apart. The records of a task may be
// corrupt: every validator finds the same, and the task is postponed. Or the store fails: only
// this validator sees it, and it must stop.

// errCorrupt says that the stored records of a task cannot be converted to a task.
var errCorrupt = errors.New("stored records of the task are corrupt")

// convert converts stored records.
func convert[T any](to func() (T, error)) (T, error) {
	value, err := round.Contain(to)
	if err != nil {
		return value, fmt.Errorf("%w: %w", errCorrupt, err)
	}
	return value, nil
}

// isCorrupt reports whether an error is about corrupt records, not about a failing store.
func isCorrupt(err error) bool {
	for _, known := range []error{
		errCorrupt, collections.ErrNotFound, collections.ErrEncoding, round.ErrTaskNotFound, round.ErrRoundNotFound,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// storeError is an error of the store itself.
type storeError struct{ error }

// Unwrap returns the error of the store.
func (e *storeError) Unwrap() error { return e.error }

func markStoreError(err error) error {
	if err != nil {
		return &storeError{err}
	}
	return nil
}

// storeService opens stores whose errors are marked as [storeError]. Bank and registry need no
// marks: the SDK's stores panic.
type storeService struct{ store.KVStoreService }

// OpenKVStore implements [store.KVStoreService].
func (c storeService) OpenKVStore(ctx context.Context) store.KVStore {
	return markedStore{c.KVStoreService.OpenKVStore(ctx)}
}

type markedStore struct{ store.KVStore }

// Get implements [store.KVStore].
func (c markedStore) Get(key []byte) ([]byte, error) {
	value, err := c.KVStore.Get(key)
	return value, markStoreError(err)
}

// Has implements [store.KVStore].
func (c markedStore) Has(key []byte) (bool, error) {
	has, err := c.KVStore.Has(key)
	return has, markStoreError(err)
}

// Set implements [store.KVStore].
func (c markedStore) Set(key, value []byte) error { return markStoreError(c.KVStore.Set(key, value)) }

// Delete implements [store.KVStore].
func (c markedStore) Delete(key []byte) error { return markStoreError(c.KVStore.Delete(key)) }

// Iterator implements [store.KVStore].
func (c markedStore) Iterator(start, end []byte) (store.Iterator, error) {
	it, err := c.KVStore.Iterator(start, end)
	return it, markStoreError(err)
}

// ReverseIterator implements [store.KVStore].
func (c markedStore) ReverseIterator(start, end []byte) (store.Iterator, error) {
	it, err := c.KVStore.ReverseIterator(start, end)
	return it, markStoreError(err)
}
