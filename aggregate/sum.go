package aggregate

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/model/fixed"
)

const (
	// maxTotal bounds the sum of all weights, so that a sum of updates, whose values are at
	// most 2^30 in magnitude, stays below 2^62.
	maxTotal = 1<<32 - 1
	// groupSize is how many updates are open at a time. Each group costs one pass over the sums.
	groupSize = 64
)

// weightedMean is the mean of the updates, weighted.
func weightedMean(count int, scaleBits uint32, sources []Source, weight func(Source) uint64) (Update, error) {
	if err := check(scaleBits, sources); err != nil {
		return Update{}, err
	}
	terms := make([]term, len(sources))
	total := uint64(0)
	for i, s := range sources {
		w := weight(s)
		if w == 0 || w > maxTotal-total {
			return Update{}, s.refused(fmt.Errorf("weight %d, after weights that add up to %d: want at least 1, and at most %d in all", w, total, uint64(maxTotal)))
		}
		total += w
		terms[i] = term{Source: s, weight: uint32(w)}
	}
	sums := make([]int64, count)
	for part := range slices.Chunk(terms, groupSize) {
		if err := addAll(sums, scaleBits, part); err != nil {
			return Update{}, err
		}
	}
	return Update{Sum: sums, Divisor: total << scaleBits}, nil // a divisor below 2^62
}

// term is an update in a sum, with its weight.
type term struct {
	Source
	weight uint32
	values values // of the open update
}

// refused adds to an error the node whose update it is about.
func (s Source) refused(err error) error {
	return fmt.Errorf("aggregate node %d: %w", s.Slot.Node, err)
}

// addAll adds updates to the sums. After an error the sums are invalid.
func addAll(sums []int64, scaleBits uint32, terms []term) (err error) {
	for i := range terms {
		t := &terms[i]
		if t.values, err = t.open(len(sums), scaleBits); err != nil {
			return t.refused(err)
		}
		defer func() {
			if failed := t.values.Close(); failed != nil {
				err = errors.Join(err, t.refused(failed))
			}
		}()
	}
	return addBlocks(sums, terms)
}

// addBlocks adds open updates block by block. It adds one block of all updates before it goes to
// the next block, so that the sums of the block stay in a cache. If several updates or
// blocks have errors, it returns the error of the first update, in its first block,
// whichever core finds it first.
func addBlocks(sums []int64, terms []term) error {
	var mu sync.Mutex
	found, failed, where := error(nil), len(terms), 0
	spread(len(sums), func(blocks iter.Seq2[int, int]) {
		var a addition
		a.kernel = fixed.Best()
		add := a.add // made once, because it is called for every block of every update
		for from, to := range blocks {
			a.sums, a.from = sums[from:to], from
			for i, t := range terms {
				a.weight = t.weight
				err := t.values.View(t.values.offset+4*int64(from), 4*(to-from), add)
				if err == nil {
					continue
				}
				mu.Lock()
				if i < failed || i == failed && from < where {
					found, failed, where = t.refused(unread(err)), i, from
				}
				mu.Unlock()
			}
		}
	})
	return found
}

// addition adds a block of one update to its sums.
type addition struct {
	kernel fixed.Kernel
	sums   []int64
	weight uint32
	from   int // index of the first value
}

// add adds values, and refuses those beyond the range. Within it a sum is at most 2^62 in
// magnitude: see maxTotal.
func (a *addition) add(values []byte) error {
	if a.kernel.Add(a.sums, values, a.weight) > model.MaxValue {
		return model.CheckValues(values, uint64(a.from))
	}
	return nil
}

// unread marks an error as one of reading, unless it is a refusal of the bytes.
func unread(err error) error {
	if errors.Is(err, model.ErrUpdate) {
		return err
	}
	return fmt.Errorf("read update: %w", err)
}
