package trainer_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// broken is a data plane whose uploads panic.
type broken struct{ role.Blobs }

func (broken) PutUpdate(context.Context, uint64, blob.Ref, blob.Entry, func() (io.ReadCloser, error)) (spec.Receipt, error) {
	panic("no wire")
}

// TestPanicOfAnUpload: an upload has a goroutine for each aggregator, and a panic in
// one of them is the error of the upload, not the end of the process.
func TestPanicOfAnUpload(t *testing.T) {
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
	_, err := upload.Do(t.Context(), role.Tools{Node: 9, Store: store, Blobs: broken{}, Journal: &sim.Journal{}})
	if err == nil || !strings.Contains(err.Error(), "panic: no wire, in trainer_test.broken.PutUpdate") {
		t.Errorf("got %v", err)
	}
}
