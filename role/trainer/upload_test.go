package trainer_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// panickingBlobs panics at every upload.
type panickingBlobs struct{ role.Blobs }

func (panickingBlobs) PutUpdate(context.Context, uint64, blob.Ref, blob.Entry, func() (io.ReadCloser, error)) (spec.Receipt, error) {
	panic("no wire")
}

// TestUploadReturnsPanicAsError: an upload starts a goroutine for each aggregator. A panic in
// one of them becomes the error of the upload and does not end the process.
func TestUploadReturnsPanicAsError(t *testing.T) {
	place := spec.Slot{Chain: "c", Task: 1, Round: 1, Node: 9}
	store := blob.NewMemory()
	bytes := []byte("update")
	if err := role.PutBlob(t.Context(), store, bytes, blob.Label{
		Ref: blob.Ref{Kind: blob.Update, Slot: place}, Entry: blob.Entry{Digest: spec.DigestOf(bytes), Size: int64(len(bytes))},
	}); err != nil {
		t.Fatal(err)
	}
	upload := trainer.Upload{
		Task:  spec.Task{ID: 1, Chain: "c", Spec: spec.TaskSpec{Selection: spec.Selection{Aggregators: 1}}},
		Round: spec.Round{Task: 1, Number: 1, Aggregates: []spec.Aggregate{{Node: 1}}},
	}
	_, err := upload.Do(t.Context(), role.Tools{Node: 9, Store: store, Blobs: panickingBlobs{}, Journal: &sim.Journal{}})
	if err == nil || !strings.Contains(err.Error(), "panic: no wire, in trainer_test.panickingBlobs.PutUpdate") {
		t.Errorf("got error %v, want the panic with its place", err)
	}
}

// unreachable are blobs of a network in which some nodes cannot be found.
type unreachable struct {
	role.Blobs
	nodes []uint64
}

func (u unreachable) PutUpdate(ctx context.Context, to uint64, r blob.Ref, e blob.Entry, open func() (io.ReadCloser, error)) (spec.Receipt, error) {
	if slices.Contains(u.nodes, to) {
		return spec.Receipt{}, blob.ErrNotFound
	}
	return u.Blobs.PutUpdate(ctx, to, r, e, open)
}

// TestUploadNeedsAQuorum: an upload succeeds if 2f+1 aggregators have taken it. An aggregator
// that cannot be found has not.
func TestUploadNeedsAQuorum(t *testing.T) {
	n := simtest.Open(t, 1, sim.DigitsTask(1))
	task, r := simtest.Reach(t, n, 1, spec.PhaseAttest)
	upload, tools := trainer.Upload{Task: task, Round: r}, n.Nodes[sim.FirstTrainer-1].Tools
	all := tools.Blobs
	tools.Blobs = unreachable{all, []uint64{1, 2}}
	if _, err := upload.Do(t.Context(), tools); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("an upload that reached 2 of 4 aggregators: %v", err)
	}
	tools.Blobs = unreachable{all, []uint64{1}}
	if _, err := upload.Do(t.Context(), tools); err != nil {
		t.Error(err)
	}
}

// refusing are blobs of a network in which nodes 1 and 2 refuse an upload: node 1 after node 2.
type refusing struct {
	role.Blobs
	refused chan struct{}
}

func (b refusing) PutUpdate(_ context.Context, to uint64, _ blob.Ref, _ blob.Entry, _ func() (io.ReadCloser, error)) (none spec.Receipt, _ error) {
	switch to {
	case 1:
		<-b.refused
		return none, blob.ErrTooLarge
	case 2:
		defer close(b.refused)
		return none, blob.ErrConflict
	}
	return none, nil
}

// TestUploadReturnsTheErrorOfTheFirstAggregator: first in the order of the task, not in the
// order of the answers, so that the error does not depend on who was faster.
func TestUploadReturnsTheErrorOfTheFirstAggregator(t *testing.T) {
	n := simtest.Open(t, 1, sim.DigitsTask(1))
	task, r := simtest.Reach(t, n, 1, spec.PhaseAttest)
	tools := n.Nodes[sim.FirstTrainer-1].Tools
	tools.Blobs = refusing{tools.Blobs, make(chan struct{})}
	_, err := trainer.Upload{Task: task, Round: r}.Do(t.Context(), tools)
	simtest.WantErr(t, err, blob.ErrTooLarge)
}

// TestTrainerThatUploadsNothingIsNotPaid: it committed, and it is no survivor.
func TestTrainerThatUploadsNothingIsNotPaid(t *testing.T) {
	n := simtest.Open(t, 4, sim.DigitsTask(1))
	silent := n.Nodes[sim.FirstTrainer-1]
	silent.Refuses = simtest.IsUpload
	simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	for i, c := range simtest.SettledRounds(t, n)[0].Trainers {
		if c.Height == 0 || c.Survivor != (c.Node != silent.ID) {
			t.Errorf("trainer %d committed at %d, survives: %v", c.Node, c.Height, c.Survivor)
		}
		if want := []uint64{0, 250_000, 250_000, 250_000}[i]; simtest.Earned(n, c.Node) != want {
			t.Errorf("trainer %d was paid %d, want %d", c.Node, simtest.Earned(n, c.Node), want)
		}
	}
}
