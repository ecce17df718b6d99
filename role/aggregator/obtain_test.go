package aggregator_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// stalling are blobs of a network in which the fetch of one trainer's update stalls until a
// number of other updates has arrived.
type stalling struct {
	role.Blobs
	trainer uint64 // whose update stalls
	others  int
	fails   bool // afterwards the fetch fails

	mu      sync.Mutex
	arrived int
	resume  chan struct{}
}

func (s *stalling) FetchUpdate(ctx context.Context, from []uint64, r blob.Ref, commitment spec.Digest, limit int64, into blob.Store) (blob.Entry, error) {
	if r.Slot.Node == s.trainer {
		select {
		case <-s.resume:
		case <-ctx.Done():
			return blob.Entry{}, ctx.Err()
		}
		if s.fails {
			return blob.Entry{}, blob.ErrStalled
		}
	}
	e, err := s.Blobs.FetchUpdate(ctx, from, r, commitment, limit, into)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arrived++; s.arrived == s.others {
		close(s.resume)
	}
	return e, err
}

// TestUpdatesAreFetchedConcurrently: while the fetch of the first update stalls, the others
// arrive. They stay in the store if the first one fails.
func TestUpdatesAreFetchedConcurrently(t *testing.T) {
	n, _ := settled(t, sim.DigitsTask(2), -1)
	task, r := record(t, n, 1)
	var survivors []uint64
	for _, c := range r.Trainers {
		if c.Survivor {
			survivors = append(survivors, c.Node)
		}
	}
	for _, fails := range []bool{false, true} {
		tools := n.Stranger()
		s := &stalling{Blobs: tools.Blobs, trainer: survivors[0], others: len(survivors) - 1, fails: fails, resume: make(chan struct{})}
		tools.Blobs = s
		file, _, err := aggregator.Next(t.Context(), tools, task, r)
		if fails != errors.Is(err, blob.ErrStalled) || !fails && err != nil {
			t.Fatalf("the stalled fetch fails %t: %v", fails, err)
		}
		if labels, err := tools.Store.UpdatesOf(t.Context(), blob.Ref{Kind: blob.Update, Slot: task.Slot(1, 0)}); err != nil || len(labels) < len(survivors)-1 {
			t.Errorf("the stalled fetch fails %t: the store has %d of %d updates, %v", fails, len(labels), len(survivors), err)
		}
		if fails {
			continue
		}
		if got, err := file.Digest(); err != nil || got != r.Next {
			t.Errorf("next model %s, %v; want %s", got.Short(), err, r.Next.Short())
		}
	}
}
