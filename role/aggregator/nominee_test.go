package aggregator_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// boasting are the blobs of others of whom one says, as long as nobody else answers, that a
// model has more bytes than it may have.
type boasting struct {
	role.Blobs
	alone bool
}

func (b *boasting) FetchModel(ctx context.Context, from []uint64, d spec.Digest, limit int64, into blob.Store) error {
	if b.alone {
		return fmt.Errorf("node 2: %w: %d bytes, at most %d are wanted", blob.ErrTooLarge, limit+1, limit)
	}
	return b.Blobs.FetchModel(ctx, from, d, limit, into)
}

// TestPeerTalksNobodyOutOfANominee: a peer that lies about the size of the model which a
// vote wants, while whoever serves it is away, does not have an aggregator give up for ever.
func TestPeerTalksNobodyOutOfANominee(t *testing.T) {
	n, _ := settled(t, sim.DigitsTask(2), -1)
	task, r := record(t, n, 1)
	task.Nominee = spec.Nominee{Proposal: 5, Model: r.Next}
	tools := n.Stranger()
	peers := &boasting{Blobs: tools.Blobs, alone: true}
	tools.Blobs = peers
	if _, err := (aggregator.Obtain{Task: task}).Do(t.Context(), tools); !errors.Is(err, blob.ErrTooLarge) || errors.Is(err, role.ErrFinal) {
		t.Errorf("while one peer lies: %v", err)
	}
	peers.alone = false
	if got, err := (aggregator.Obtain{Task: task}).Do(t.Context(), tools); err != nil || got == nil {
		t.Errorf("once another one answers: %v, %v", got, err)
	}
}
