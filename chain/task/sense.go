package task

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/althing-network/althing/round"
)

// The end of a block must tell two kinds of errors apart. What is stored of a task may
// make no sense: every validator finds that, and the task is put aside. Or a store
// fails: only this validator finds that, and it must stop.

// errSenseless is returned where what is stored of a task cannot be a task.
var errSenseless = errors.New("what is stored of the task makes no sense")

// sensible is a conversion of what is stored.
func sensible[T any](convert func() (T, error)) (T, error) {
	value, err := round.Contain(convert)
	if err != nil {
		return value, fmt.Errorf("%w: %w", errSenseless, err)
	}
	return value, nil
}

// senseless reports whether an error is about what is stored, and not of the store.
func senseless(err error) bool {
	for _, known := range []error{
		errSenseless, collections.ErrNotFound, collections.ErrEncoding, round.ErrTaskNotFound, round.ErrRoundNotFound,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// storeError is an error of the store itself.
type storeError struct{ error }

// Unwrap is the error as the store gave it.
func (e *storeError) Unwrap() error { return e.error }

func ofStore(err error) error {
	if err != nil {
		return &storeError{err}
	}
	return nil
}

// checked gives stores whose errors can be told from all others. The SDK's panic
// instead, so those of the bank and of the registry need no such thing.
type checked struct{ store.KVStoreService }

// OpenKVStore implements [store.KVStoreService].
func (c checked) OpenKVStore(ctx context.Context) store.KVStore {
	return checkedStore{c.KVStoreService.OpenKVStore(ctx)}
}

type checkedStore struct{ store.KVStore }

// Get implements [store.KVStore].
func (c checkedStore) Get(key []byte) ([]byte, error) {
	value, err := c.KVStore.Get(key)
	return value, ofStore(err)
}

// Has implements [store.KVStore].
func (c checkedStore) Has(key []byte) (bool, error) {
	has, err := c.KVStore.Has(key)
	return has, ofStore(err)
}

// Set implements [store.KVStore].
func (c checkedStore) Set(key, value []byte) error { return ofStore(c.KVStore.Set(key, value)) }

// Delete implements [store.KVStore].
func (c checkedStore) Delete(key []byte) error { return ofStore(c.KVStore.Delete(key)) }

// Iterator implements [store.KVStore].
func (c checkedStore) Iterator(start, end []byte) (store.Iterator, error) {
	it, err := c.KVStore.Iterator(start, end)
	return it, ofStore(err)
}

// ReverseIterator implements [store.KVStore].
func (c checkedStore) ReverseIterator(start, end []byte) (store.Iterator, error) {
	it, err := c.KVStore.ReverseIterator(start, end)
	return it, ofStore(err)
}
