package daemon_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

// countingRegistry is a registry that counts its queries.
type countingRegistry struct {
	nodes   map[uint64]spec.Node
	queries int
}

func (b *countingRegistry) Node(_ context.Context, id uint64) (spec.Node, error) {
	b.queries++
	if n, ok := b.nodes[id]; ok {
		return n, nil
	}
	return spec.Node{}, fmt.Errorf("node %d: %w", id, client.ErrNodeNotFound)
}

func (b *countingRegistry) rotate(id uint64, key byte) {
	n := b.nodes[id]
	n.ID, n.Profile.TransportKey = id, bytes.Repeat([]byte{key}, spec.KeySize)
	b.nodes[id] = n
}

// duty is a task whose rounds run.
func duty(task uint64, rounds ...spec.Round) client.Duty {
	for i := range rounds {
		rounds[i].Task = task
	}
	return client.Duty{Task: spec.Task{ID: task}, Rounds: rounds}
}

// TestOldKeyIsCachedUntilNextRound: after a node has replaced its key, others use the old key
// from their cache until the next round begins.
func TestOldKeyIsCachedUntilNextRound(t *testing.T) {
	b := &countingRegistry{nodes: map[uint64]spec.Node{}}
	d := daemon.NewDirectory(b)
	want := func(when string, key byte, queries int) {
		t.Helper()
		got, err := d.KeyOf(t.Context(), 1)
		if err != nil || len(got) != spec.KeySize || got[0] != key || b.queries != queries {
			t.Errorf("%s: got key %x, %v after %d queries; want %d after %d", when, got, err, b.queries, key, queries)
		}
	}
	b.rotate(1, 1)
	d.See(duty(7, spec.Round{Number: 1}))
	want("at first", 1, 1)
	b.rotate(1, 2)
	d.See(duty(7, spec.Round{Number: 1}))
	want("in the same round", 1, 1)
	d.See(duty(7, spec.Round{Number: 1}, spec.Round{Number: 2}))
	want("in the next round, which overlaps", 2, 2)
	d.See(duty(7, spec.Round{Number: 2}))
	want("when the first has ended", 2, 2)
	b.rotate(1, 3)
	d.See(duty(7, spec.Round{Number: 2}), duty(8, spec.Round{Number: 1}))
	if p, err := d.Peer(t.Context(), 1); err != nil || p.Key[0] != 2 || b.queries != 2 {
		t.Errorf("a peer that the node asks: got key %x, %v after %d queries; want the cached key", p.Key, err, b.queries)
	}
	want("in a round of another task", 3, 3)

	b.rotate(1, 4)
	if !d.RefreshKey(1) || d.RefreshKey(1) {
		t.Error("want a key to be refreshed once per height")
	}
	want("after a refresh", 4, 4)
	d.See(duty(7, spec.Round{Number: 2}), duty(8, spec.Round{Number: 1}))
	if want("at the next height", 4, 4); !d.RefreshKey(1) {
		t.Error("want a key to be refreshed again at the next height")
	}
	want("after a second refresh", 4, 5)
}

// TestAttackUnknownNodes: requests in the name of nodes that do not exist cause one query of the
// chain per node and height.
func TestAttackUnknownNodes(t *testing.T) {
	b := &countingRegistry{nodes: map[uint64]spec.Node{}}
	d := daemon.NewDirectory(b)
	for range 100 {
		for id := range uint64(10) {
			if _, err := d.KeyOf(t.Context(), id+1); !errors.Is(err, blob.ErrNotFound) {
				t.Fatalf("node %d: %v", id, err)
			}
		}
	}
	if b.queries != 10 {
		t.Errorf("got %d queries about 10 nodes that do not exist, want 10", b.queries)
	}
	b.rotate(5, 1)
	d.See()
	if key, err := d.KeyOf(t.Context(), 5); err != nil || len(key) != spec.KeySize {
		t.Errorf("a node that has registered meanwhile: got key %x, %v", key, err)
	}
}

// oneChain is a policy on a chain whose tasks were all created there.
type oneChain struct{ blob.Policy }

func (oneChain) ChainOf(context.Context, uint64) (string, error) { return "c", nil }

// TestAttackStolenKeyIsRefused: a node's key was stolen, and the node has replaced it. A server
// that has cached the old key accepts the thief until the node itself sends a request or a new
// round begins.
func TestAttackStolenKeyIsRefused(t *testing.T) {
	stolen, key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	registered := func(k ed25519.PrivateKey) spec.Node {
		return spec.Node{ID: 1, Profile: spec.Profile{TransportKey: k.Public().(ed25519.PublicKey)}}
	}
	for _, nodeSpeaks := range []bool{true, false} {
		b := &countingRegistry{nodes: map[uint64]spec.Node{1: registered(stolen)}}
		d := daemon.NewDirectory(b)
		d.See(duty(7, spec.Round{Number: 1}))
		web := httptest.NewServer(&blob.Server{Chain: "c", Node: 2, Store: blob.NewMemory(), Keys: d, RefreshKey: d.RefreshKey, Policy: oneChain{}})
		defer web.Close()
		ask := func(k ed25519.PrivateKey) error {
			_, err := blob.Client{Chain: "c", Node: 1, Key: k}.Updates(t.Context(), blob.Peer{Node: 2, Endpoint: web.URL}, 7, 1)
			return err
		}
		if err := ask(stolen); err != nil {
			t.Errorf("before the key is replaced: %v", err)
		}
		b.nodes[1] = registered(key)
		if err := ask(stolen); err != nil {
			t.Errorf("the thief, while the old key is cached: the attack must work: %v", err)
		}
		if nodeSpeaks {
			if err := ask(key); err != nil {
				t.Errorf("the node itself: %v", err)
			}
		} else {
			d.See(duty(7, spec.Round{Number: 2}))
		}
		if err := ask(stolen); !errors.Is(err, blob.ErrUnauthenticated) {
			t.Errorf("the thief, after the node has sent a request %v or a round has begun %v: got %v, want %v", nodeSpeaks, !nodeSpeaks, err, blob.ErrUnauthenticated)
		}
		if err := ask(key); err != nil {
			t.Errorf("the node, after the thief: %v", err)
		}
	}
}
