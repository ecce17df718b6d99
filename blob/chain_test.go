package blob_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// imported is the policy of a node whose chain was called former-1 when task 1 was
// created, and test-1 when task 2 was.
type imported struct{ rules }

func (imported) ChainOf(_ context.Context, task uint64) (string, error) {
	return map[uint64]string{1: "former-1", 2: chain}[task], nil
}

// TestTaskOfAFormerChainID: a chain continues under a new chain id. A server accepts and serves the
// updates of a task under the chain id at the task's creation. It does not mix them up with blobs
// of another network's task with the same number.
func TestTaskOfAFormerChainID(t *testing.T) {
	update := blobtest.Bytes(1, 10)
	ref := blobtest.UpdateRef(trainer)
	ref.Slot.Chain = "former-1"
	store := blob.NewMemory()
	web := httptest.NewServer(&blob.Server{Chain: chain, Node: server, Store: store, Policy: imported{}, Keys: rules{}, Now: atNoon})
	defer web.Close()
	peer := blob.Peer{Node: server, Endpoint: web.URL}
	e, commitment := opening(ref, update)
	if _, err := clientOf(trainer).PutUpdate(t.Context(), peer, ref, e, reading(update)); err != nil {
		t.Fatal(err)
	}
	list, err := clientOf(evaluator).Updates(t.Context(), peer, 1, 1)
	if d := cmp.Diff([]blob.Label{{Ref: ref, Entry: e}}, list); err != nil || d != "" {
		t.Errorf("%v, lists (-want +got):\n%s", err, d)
	}
	if _, err := clientOf(evaluator).FetchUpdate(t.Context(), []blob.Peer{peer}, ref, commitment, most, blob.NewMemory()); err != nil {
		t.Error(err)
	}

	here, former, other := modelOf(1), modelOf(1), modelOf(2)
	former.Slot.Chain, other.Slot.Chain = "former-1", "former-1"
	for _, test := range []struct {
		place blob.Ref
		given bool
	}{{here, false}, {former, true}, {other, false}, {modelOf(2), true}, {modelOf(3), true}} { // task 3 is not known yet
		b := blobtest.Bytes(2, 10)
		err := blob.Permit(t.Context(), holding(t, b, test.place), imported{}, blob.Caller{Node: trainer}, spec.DigestOf(b))
		if test.given != (err == nil) {
			t.Errorf("%s: %v", test.place, err)
		}
	}
}
