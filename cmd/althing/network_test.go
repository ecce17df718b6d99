package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/spec"
)

// startPlainNetwork is a small network without privacy; see [startNetwork].
func startPlainNetwork(t *testing.T, target float64, rounds int) daemon.Localnet {
	t.Helper()
	return startNetwork(t, demo.Network{
		Validators: 1, Trainers: 3, Aggregators: 4, Evaluators: 2, Rounds: rounds, Target: target, Alpha: 1,
		Model: spec.ModelSoftmax, Seed: 1, Commit: 100 * time.Millisecond,
	})
}

// startNetwork starts a network in this process, which ends with the test. The chain's invariants
// hold at every height of it.
func startNetwork(t *testing.T, n demo.Network) daemon.Localnet {
	t.Helper()
	if testing.Short() {
		t.Skip("runs a network")
	}
	local, _, err := n.Write(filepath.Join(t.TempDir(), "net"), 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(context.Background())
	nodes, err := demo.StartNodes(ctx, local, stop)
	if err != nil {
		stop(nil)
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop(nil)
		if err := nodes.Wait(); err != nil {
			t.Error(err)
		}
	})
	watchInvariants(t, local.Dir)
	for {
		if c, err := client.Dial(t.Context(), local.RPC()...); err == nil {
			if nodes, _, err := c.Nodes(t.Context(), 0, true, client.Page{Limit: 100}); err == nil && len(nodes) == len(local.Residents)-1 {
				return local
			}
		}
		if err := client.Sleep(t.Context(), 50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
}

// runCommand runs a command line, which must end with a code, and returns what it says.
func runCommand(t *testing.T, want int, args ...string) (out, stderr string) {
	t.Helper()
	var o, e bytes.Buffer
	if code := run(t.Context(), args, &o, &e); code != want {
		t.Fatalf("althing %v: exit code %d, want %d\n%s%s", args, code, want, o.String(), e.String())
	}
	return strings.TrimSpace(o.String()), e.String()
}

// TestFlippedBitIsNamed recomputes a settled round with nothing but an RPC
// address, then again after one bit of one kept update has been flipped.
func TestFlippedBitIsNamed(t *testing.T) {
	local := startPlainNetwork(t, 0, 2)
	at := []string{"--rpc", local.RPC()[0]}
	call := func(want int, args ...string) (string, string) {
		t.Helper()
		return runCommand(t, want, args...)
	}
	id, _ := call(0, "task", "create", filepath.Join(local.Dir, "task.yaml"), "--home", local.Home(demo.Consumer))
	call(0, append(at, "round", "watch", id)...)
	digest, _ := call(0, append(at, "round", "verify", id, "1")...)
	shown, _ := call(0, append(at, "round", "show", id, "1", "--json")...)
	if len(digest) != 64 || !strings.Contains(shown, `"next":"`+digest+`"`) {
		t.Errorf("verify says %q, the chain %s", digest, shown)
	}
	all, _ := call(0, append(at, "round", "verify", id)...)
	if n := strings.Count(all, "\n") + 1; n < 2 || !strings.HasPrefix(all, digest+"\n") {
		t.Errorf("verify of all rounds says %q: want that of round 1 first", all)
	}
	keeper := flip(t, filepath.Join(local.Home("aggregator-2"), "blobs"), "update")
	out, stderr := call(1, append(at, "round", "verify", id, "1")...)
	for _, want := range []string{"update of node ", "kept by node ", "bytes do not match"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("after a bit of update %s was flipped, verify says %q%q: want %q in it", keeper, out, stderr, want)
		}
	}
	// The other rounds' blobs are as they were.
	call(0, append(at, "round", "verify", id, "2")...)
}

// flip changes one bit of a blob of round 1 of some kind and returns its name.
func flip(t *testing.T, store, kind string) string {
	t.Helper()
	labels, err := os.ReadFile(filepath.Join(store, "labels.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(labels) {
		var change struct {
			Label struct {
				Kind, Digest string
				Round        int
			}
		}
		if err := json.Unmarshal(line, &change); err != nil {
			t.Fatal(err)
		}
		label := change.Label
		if label.Kind != kind || label.Round != 1 {
			continue
		}
		blob := filepath.Join(store, "blobs", label.Digest)
		b, err := os.ReadFile(blob)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		if err := os.WriteFile(blob, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return label.Digest
	}
	t.Fatalf("no %s of round 1 in %s", kind, store)
	return ""
}
