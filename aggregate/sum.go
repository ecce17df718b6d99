package aggregate

import (
	"errors"
	"fmt"
	"io"
)

const (
	// maxTotal bounds the sum of weights: times 2^30, the largest value of an
	// update, it stays below 2^62.
	maxTotal = 1<<32 - 1
	// chunk is how many values are read at a time.
	chunk = 4096
)

// sum is the exact weighted sum of the updates added so far.
type sum struct {
	values    []int64 // one for each weight of the model
	weight    uint64  // at most maxTotal
	scaleBits uint32
	chunk     [chunk]int32
}

// weightedMean is the mean of the updates, each as often as its weight says.
func weightedMean(count int, scaleBits uint32, sources []Source, weight func(Source) uint64) (Update, error) {
	if err := check(scaleBits, sources); err != nil {
		return Update{}, err
	}
	s := &sum{values: make([]int64, count), scaleBits: scaleBits}
	for _, source := range sources {
		if err := s.add(source, weight(source)); err != nil {
			return Update{}, fmt.Errorf("aggregate node %d: %w", source.Slot.Node, err)
		}
	}
	return Update{Sum: s.values, Divisor: s.weight << scaleBits}, nil // a divisor below 2^62
}

// add streams one update into the sum. After an error the sum is of no use.
func (s *sum) add(source Source, weight uint64) (err error) {
	if weight == 0 || weight > maxTotal-s.weight {
		return fmt.Errorf("weight %d, after a sum of %d: want at least 1 and a sum of at most %d", weight, s.weight, uint64(maxTotal))
	}
	s.weight += weight
	update, err := source.open(len(s.values), s.scaleBits)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, update.Close()) }()
	rest := s.values
	for {
		n, err := update.Read(s.chunk[:])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i, v := range s.chunk[:n] {
			rest[i] += int64(weight) * int64(v) // at most 2^62 in magnitude: see maxTotal
		}
		rest = rest[n:]
	}
}
