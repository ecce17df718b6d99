package aggregator_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// flip changes one bit of a blob in the folder of a store.
func flip(t *testing.T, folder string, d spec.Digest) {
	t.Helper()
	path := filepath.Join(folder, "blobs", d.String())
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// useDir gives a node an empty store in a folder.
func useDir(t *testing.T, n *sim.Node) (folder string) {
	t.Helper()
	folder = t.TempDir()
	d, err := blob.OpenDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	n.Use(d)
	return folder
}

// TestCorruptBlobsAreFetchedAgain: an aggregator whose disk has changed a bit of an update and of
// the base model fetches both again, and computes the right model.
func TestCorruptBlobsAreFetchedAgain(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(1))
	node := n.Nodes[2]
	folder := useDir(t, node)
	_, r := simtest.Reach(t, n, 1, spec.PhaseAggregate)
	update, err := node.Tools.Store.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: simtest.Slot(1, first)})
	if err != nil {
		t.Fatal(err)
	}
	flip(t, folder, update.Digest)
	flip(t, folder, r.Base)
	task := simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	if r := simtest.SettledRounds(t, n)[0]; r.Aggregates[2].Digest != r.Next || len(task.Faults) != 0 {
		t.Errorf("aggregator 3 revealed %s, the round accepted %s; faults %v", r.Aggregates[2].Digest.Short(), r.Next.Short(), task.Faults)
	}
	for _, d := range []spec.Digest{update.Digest, r.Base} {
		if _, err := role.ReadBlob(t.Context(), node.Tools.Store, d); err != nil {
			t.Errorf("blob in the store: %v, want the right bytes", err)
		}
	}
}
