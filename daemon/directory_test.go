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

// book is a registry, with how often it was asked.
type book struct {
	nodes map[uint64]spec.Node
	asked int
}

func (b *book) Node(_ context.Context, id uint64) (spec.Node, error) {
	b.asked++
	if n, ok := b.nodes[id]; ok {
		return n, nil
	}
	return spec.Node{}, fmt.Errorf("node %d: %w", id, client.ErrNodeNotFound)
}

func (b *book) rotate(id uint64, key byte) {
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

// TestOldKeysEndWithTheirRound: a node whose key was replaced is known by the old one
// in the round that runs, where nobody noticed, and by the new one from the next on.
func TestOldKeysEndWithTheirRound(t *testing.T) {
	b := &book{nodes: map[uint64]spec.Node{}}
	d := daemon.NewDirectory(b)
	want := func(when string, key byte, asked int) {
		t.Helper()
		got, err := d.KeyOf(t.Context(), 1)
		if err != nil || len(got) != spec.KeySize || got[0] != key || b.asked != asked {
			t.Errorf("%s: got key %x, %v after %d questions; want %d after %d", when, got, err, b.asked, key, asked)
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
	if p, err := d.Peer(t.Context(), 1); err != nil || p.Key[0] != 2 || b.asked != 2 {
		t.Errorf("whom we ask ourselves: got key %x, %v after %d questions; want what is remembered", p.Key, err, b.asked)
	}
	want("in a round of another task", 3, 3)

	b.rotate(1, 4)
	if !d.RefreshKey(1) || d.RefreshKey(1) {
		t.Error("want a doubt to be followed up once at a height")
	}
	want("in doubt", 4, 4)
	d.See(duty(7, spec.Round{Number: 2}), duty(8, spec.Round{Number: 1}))
	if want("at the next height", 4, 4); !d.RefreshKey(1) {
		t.Error("want a doubt to be followed up again at the next height")
	}
	want("in doubt again", 4, 5)
}

// TestAttackUnknownNodes: requests in the name of nodes that do not exist ask the chain
// once for each at a height, and are not remembered beyond a bound.
func TestAttackUnknownNodes(t *testing.T) {
	b := &book{nodes: map[uint64]spec.Node{}}
	d := daemon.NewDirectory(b)
	for range 100 {
		for id := range uint64(10) {
			if _, err := d.KeyOf(t.Context(), id+1); !errors.Is(err, blob.ErrNotFound) {
				t.Fatalf("node %d: %v", id, err)
			}
		}
	}
	if b.asked != 10 {
		t.Errorf("the chain is asked %d times about 10 nodes that are not there", b.asked)
	}
	b.rotate(5, 1)
	d.See()
	if key, err := d.KeyOf(t.Context(), 5); err != nil || len(key) != spec.KeySize {
		t.Errorf("one that is registered by now: %x, %v", key, err)
	}
}

// oneChain is a policy on a chain whose tasks were all created there.
type oneChain struct{ blob.Policy }

func (oneChain) ChainOf(context.Context, uint64) (string, error) { return "c", nil }

// TestAttackStolenKeyIsCutOff: a key was stolen, and replaced. A server that remembers
// the old one takes its thief for the node until the node speaks itself or a round
// begins, and for nobody from then on.
func TestAttackStolenKeyIsCutOff(t *testing.T) {
	stolen, key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	registered := func(k ed25519.PrivateKey) spec.Node {
		return spec.Node{ID: 1, Profile: spec.Profile{TransportKey: k.Public().(ed25519.PublicKey)}}
	}
	for _, nodeSpeaks := range []bool{true, false} {
		b := &book{nodes: map[uint64]spec.Node{1: registered(stolen)}}
		d := daemon.NewDirectory(b)
		d.See(duty(7, spec.Round{Number: 1}))
		web := httptest.NewServer(&blob.Server{Chain: "c", Node: 2, Store: blob.NewMemory(), Keys: d, RefreshKey: d.RefreshKey, Policy: oneChain{}})
		defer web.Close()
		ask := func(k ed25519.PrivateKey) error {
			_, err := blob.Client{Chain: "c", Node: 1, Key: k}.Updates(t.Context(), blob.Peer{Node: 2, Endpoint: web.URL}, 7, 1)
			return err
		}
		if err := ask(stolen); err != nil {
			t.Errorf("before it is replaced: %v", err)
		}
		b.nodes[1] = registered(key)
		if err := ask(stolen); err != nil {
			t.Errorf("with what is remembered and no defence: %v", err)
		}
		if nodeSpeaks {
			if err := ask(key); err != nil {
				t.Errorf("the node itself: %v", err)
			}
		} else {
			d.See(duty(7, spec.Round{Number: 2}))
		}
		if err := ask(stolen); !errors.Is(err, blob.ErrUnauthenticated) {
			t.Errorf("the thief, after the node has spoken %v: %v", nodeSpeaks, err)
		}
		if err := ask(key); err != nil {
			t.Errorf("the node, after the thief: %v", err)
		}
	}
}
