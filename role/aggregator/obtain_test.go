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

// stalling are the blobs of others, of whom one stands still over a trainer's update
// until so many others have come.
type stalling struct {
	role.Blobs
	over   uint64
	others int
	breaks bool // and then breaks off

	mu    sync.Mutex
	came  int
	enter chan struct{}
}

func (s *stalling) FetchUpdate(ctx context.Context, from []uint64, r blob.Ref, commitment spec.Digest, limit int64, into blob.Store) (blob.Entry, error) {
	if r.Slot.Node == s.over {
		select {
		case <-s.enter:
		case <-ctx.Done():
			return blob.Entry{}, ctx.Err()
		}
		if s.breaks {
			return blob.Entry{}, blob.ErrStalled
		}
	}
	e, err := s.Blobs.FetchUpdate(ctx, from, r, commitment, limit, into)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.came++; s.came == s.others {
		close(s.enter)
	}
	return e, err
}

// TestUpdatesAreObtainedSideBySide: who stalls over the first update keeps all others
// waiting where they are fetched one after the other; here they come meanwhile, and
// stay where the first is not to be had.
func TestUpdatesAreObtainedSideBySide(t *testing.T) {
	n, _ := settled(t, sim.DigitsTask(2), -1)
	task, r := record(t, n, 1)
	var survivors []uint64
	for _, c := range r.Trainers {
		if c.Survivor {
			survivors = append(survivors, c.Node)
		}
	}
	for _, breaks := range []bool{false, true} {
		tools := n.Stranger()
		s := &stalling{Blobs: tools.Blobs, over: survivors[0], others: len(survivors) - 1, breaks: breaks, enter: make(chan struct{})}
		tools.Blobs = s
		file, _, err := aggregator.Next(t.Context(), tools, task, r)
		if breaks != errors.Is(err, blob.ErrStalled) || !breaks && err != nil {
			t.Fatalf("breaks off %v: %v", breaks, err)
		}
		if labels, err := tools.Store.UpdatesOf(t.Context(), blob.Ref{Kind: blob.Update, Slot: task.Slot(1, 0)}); err != nil || len(labels) < len(survivors)-1 {
			t.Errorf("breaks off %v: %d of %d updates are there, %v", breaks, len(labels), len(survivors), err)
		}
		if breaks {
			continue
		}
		if got, err := file.Digest(); err != nil || got != r.Next {
			t.Errorf("next model %s, %v; want %s", got.Short(), err, r.Next.Short())
		}
	}
}
