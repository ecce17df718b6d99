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

// oversized are blobs of a network in which, as long as alone is set, only one node answers and
// claims that a model is larger than allowed.
type oversized struct {
	role.Blobs
	alone bool
}

func (b *oversized) FetchModel(ctx context.Context, from []uint64, d spec.Digest, limit int64, into blob.Store) error {
	if b.alone {
		return fmt.Errorf("node 2: %w: %d bytes, at most %d are wanted", blob.ErrTooLarge, limit+1, limit)
	}
	return b.Blobs.FetchModel(ctx, from, d, limit, into)
}

// TestNomineeIsFetchedAgainAfterAPeerLied: while no honest node answers, a peer lies about the
// size of the model that a proposal nominates. The aggregator tries again later.
func TestNomineeIsFetchedAgainAfterAPeerLied(t *testing.T) {
	n, _ := settled(t, sim.DigitsTask(2), -1)
	task, r := record(t, n, 1)
	task.Nominee = spec.Nominee{Proposal: 5, Model: r.Next}
	tools := n.Stranger()
	peers := &oversized{Blobs: tools.Blobs, alone: true}
	tools.Blobs = peers
	if _, err := (aggregator.Obtain{Task: task}).Do(t.Context(), tools); !errors.Is(err, blob.ErrTooLarge) || errors.Is(err, role.ErrFinal) {
		t.Errorf("while only the lying peer answers: got error %v, want %v that is not final", err, blob.ErrTooLarge)
	}
	peers.alone = false
	if got, err := (aggregator.Obtain{Task: task}).Do(t.Context(), tools); err != nil || got == nil {
		t.Errorf("after another node answers: got %v, %v", got, err)
	}
}
