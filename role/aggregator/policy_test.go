package aggregator_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/roletest"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

const first = roletest.FirstTrainer

// as is a client of a node; 0 is a stranger.
func as(n *roletest.Network, node uint64) blob.Client {
	if node == 0 {
		return n.Stranger().Blobs.(*blob.Network).Client
	}
	return n.Nodes[node-1].Blobs.Client
}

func peer(n *roletest.Network, node uint64) blob.Peer {
	return blob.Peer{Node: node, Endpoint: n.Nodes[node-1].Profile.Endpoint}
}

func slot(node uint64) spec.Slot {
	return spec.Slot{Chain: roletest.Chain, Task: 1, Round: 1, Node: node}
}

func entry(b []byte) blob.Entry {
	return blob.Entry{Digest: spec.DigestOf(b), Salt: spec.Salt{1}, Size: int64(len(b))}
}

// put uploads bytes to node 1 as another node.
func put(n *roletest.Network, caller uint64, s spec.Slot, e blob.Entry, b []byte) error {
	return putTo(n, 1, as(n, caller), s, e, b)
}

func putTo(n *roletest.Network, to uint64, c blob.Client, s spec.Slot, e blob.Entry, b []byte) error {
	return c.PutUpdate(n.Context(), peer(n, to), blob.Ref{Kind: blob.Update, Slot: s}, e,
		func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil })
}

// get asks node 1 for an update as another node.
func get(n *roletest.Network, caller, of uint64) error {
	_, r := n.Look(1)
	commitment := r.Trainers[r.Trainer(of)].Commitment
	_, err := as(n, caller).FetchUpdate(n.Context(), []blob.Peer{peer(n, 1)},
		blob.Ref{Kind: blob.Update, Slot: slot(of)}, commitment, 1<<20, blob.NewMemory())
	return err
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

// update is an update of the task with the header changed.
func update(t *testing.T, node uint64, change func(*model.UpdateHeader)) []byte {
	t.Helper()
	h := model.UpdateHeader{Slot: slot(node), ScaleBits: 20, Count: 650}
	if change != nil {
		change(&h)
	}
	b, err := model.EncodeUpdate(h, make([]int32, h.Count))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// reach is a network whose trainers say nothing by themselves, in the phase of
// uploads of round 1. Trainer first+i has committed to updates[i], unless it is nil.
func reach(t *testing.T, task spec.TaskSpec, updates [][]byte) *roletest.Network {
	t.Helper()
	n := roletest.Digits(t, len(updates))
	n.Join(spec.Aggregator, n.Nodes[0].Tools.Table).Reputation = 0 // of no task
	for _, trainer := range n.Nodes[first-1 : first-1+len(updates)] {
		trainer.Refuses = func(role.Action) bool { return true }
	}
	n.Create(task)
	n.Reach(1, 1, spec.PhaseTrain)
	for i, b := range updates {
		if b == nil {
			continue
		}
		node := uint64(first + i)
		if err := n.Say(1, round.Commit{
			Node: node, Round: 1, Samples: 100,
			Commitment: spec.UpdateCommitment(slot(node), spec.DigestOf(b), entry(b).Salt),
		}); err != nil {
			t.Fatal(err)
		}
		wantErr(t, put(n, node, slot(node), entry(b), b), blob.ErrForbidden) // uploads have not begun
	}
	n.Reach(1, 1, spec.PhaseAttest)
	return n
}

func TestPolicyPut(t *testing.T) {
	at := func(change func(*spec.Slot)) func(*model.UpdateHeader) {
		return func(h *model.UpdateHeader) { change(&h.Slot) }
	}
	full := update(t, first+3, nil)
	tooFar := bytes.Clone(update(t, first+4, nil))
	copy(tooFar[len(tooFar)-4:], []byte{1, 0, 0, 0x40}) // 2^30 + 1
	notANumber := bytes.Clone(update(t, first+5, nil))
	copy(notANumber[len(notANumber)-4:], []byte{0, 0, 0xc0, 0x7f}) // a float32 NaN is beyond the range
	cases := []struct {
		name   string
		update []byte
		want   error
	}{
		{"good", update(t, first, nil), nil},
		{"not committed", nil, blob.ErrForbidden},
		{"a byte too long", append(bytes.Clone(update(t, first+2, nil)), 0), blob.ErrTooLarge},
		{"a byte too short", full[:len(full)-1], blob.ErrContent},
		{"value beyond the range", tooFar, blob.ErrContent},
		{"NaN", notANumber, blob.ErrContent},
		{"of another node", update(t, first, nil), blob.ErrContent},
		{"of another round", update(t, first+7, at(func(s *spec.Slot) { s.Round = 2 })), blob.ErrContent},
		{"of another task", update(t, first+8, at(func(s *spec.Slot) { s.Task = 2 })), blob.ErrContent},
		{"of another chain", update(t, first+9, at(func(s *spec.Slot) { s.Chain = "althing-fork" })), blob.ErrContent},
		{"of another scale", update(t, first+10, func(h *model.UpdateHeader) { h.ScaleBits = 21 }), blob.ErrContent},
		{"of another model", update(t, first+11, func(h *model.UpdateHeader) { h.Count = 649 }), blob.ErrContent},
		{"no update", bytes.Repeat([]byte("x"), 100), blob.ErrContent},
		{"empty", []byte{}, blob.ErrContent},
	}
	updates := make([][]byte, len(cases))
	for i, c := range cases {
		updates[i] = c.update
	}
	n := reach(t, roletest.DigitsTask(1), updates)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			node, b := uint64(first+i), c.update
			if b == nil {
				b = update(t, node, nil)
			}
			if err := put(n, node, slot(node), entry(b), b); !errors.Is(err, c.want) {
				t.Errorf("got error %v, want %v", err, c.want)
			}
			_, err := n.Nodes[0].Tools.Store.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: slot(node)})
			if (err == nil) != (c.want == nil) {
				t.Errorf("kept: %v", err == nil)
			}
		})
	}
	good := cases[0].update
	t.Run("again", func(t *testing.T) { wantErr(t, put(n, first, slot(first), entry(good), good), nil) })
	t.Run("stranger", func(t *testing.T) {
		wantErr(t, put(n, 0, slot(first), entry(good), good), blob.ErrForbidden)
	})
	t.Run("into the slot of another", func(t *testing.T) {
		wantErr(t, put(n, first+1, slot(first), entry(good), good), blob.ErrForbidden)
	})
	t.Run("not selected", func(t *testing.T) {
		b := update(t, 5, nil)
		wantErr(t, put(n, 5, slot(5), entry(b), b), blob.ErrForbidden)
	})
	t.Run("another salt", func(t *testing.T) {
		e := entry(good)
		e.Salt[0]++
		wantErr(t, put(n, first, slot(first), e, good), blob.ErrForbidden)
	})
	t.Run("another digest", func(t *testing.T) {
		b := bytes.Clone(good)
		b[len(b)-1] = 1
		wantErr(t, put(n, first, slot(first), entry(b), b), blob.ErrForbidden)
	})
	t.Run("other bytes under the digest", func(t *testing.T) {
		b := cases[3].update
		lie := bytes.Clone(b)
		lie[len(b)-1] = 1
		wantErr(t, put(n, first+3, slot(first+3), entry(b), lie), blob.ErrMismatch)
	})
	for name, change := range map[string]func(*spec.Slot){
		"no such task":  func(s *spec.Slot) { s.Task = 2 },
		"no such round": func(s *spec.Slot) { s.Round = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			s := slot(first)
			change(&s)
			wantErr(t, put(n, first, s, entry(good), good), blob.ErrForbidden)
		})
	}
	t.Run("signed for another chain", func(t *testing.T) {
		c := as(n, first)
		c.Chain = "althing-fork"
		wantErr(t, putTo(n, 1, c, slot(first), entry(good), good), blob.ErrUnauthenticated)
	})
	t.Run("an aggregator of other tasks", func(t *testing.T) {
		outsider := n.Nodes[len(n.Nodes)-1]
		wantErr(t, putTo(n, outsider.ID, as(n, first), slot(first), entry(good), good), blob.ErrForbidden)
	})
	wantErr(t, putTo(n, 2, as(n, first), slot(first), entry(good), good), nil) // f+1 hold it: the round goes on
	n.Reach(1, 1, spec.PhaseAggregate)
	t.Run("late", func(t *testing.T) {
		wantErr(t, put(n, first, slot(first), entry(good), good), blob.ErrForbidden)
	})
}

func TestPolicyGet(t *testing.T) {
	const aggregate, evaluate, own, other = 2, 5, first, first + 1
	for _, audit := range []string{spec.AuditPublic, spec.AuditMembers} {
		t.Run(audit, func(t *testing.T) {
			task := roletest.DigitsTask(1)
			task.Audit = audit
			lost := update(t, first+2, nil) // committed to, but never uploaded in time
			n := reach(t, task, [][]byte{update(t, first, nil), update(t, first+1, nil), lost})
			outsider := uint64(len(n.Nodes))
			for i, b := range [][]byte{update(t, first, nil), update(t, first+1, nil)} {
				for _, g := range n.Nodes[:roletest.Aggregators] {
					node := uint64(first + i)
					if err := putTo(n, g.ID, as(n, node), slot(node), entry(b), b); err != nil {
						t.Fatal(err)
					}
				}
			}
			check := func(may map[uint64]bool) {
				t.Helper()
				_, r := n.Look(1)
				for caller, may := range may {
					if err := get(n, caller, own); (err == nil) != may || err != nil && !errors.Is(err, blob.ErrForbidden) {
						t.Errorf("phase %s: caller %d: %v, want leave: %v", r.Phase, caller, err, may)
					}
					labels, err := as(n, caller).Updates(t.Context(), peer(n, 1), 1, 1)
					if (err == nil) != (may || caller == other) {
						t.Errorf("phase %s: caller %d lists %v, %v", r.Phase, caller, labels, err)
					}
				}
			}
			for _, phase := range []spec.Phase{spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal, spec.PhaseScore, spec.PhaseOpen} {
				n.Reach(1, 1, phase)
				check(map[uint64]bool{0: false, aggregate: true, evaluate: false, own: true, other: false, outsider: false})
			}
			n.Finish(1)
			public := audit == spec.AuditPublic
			check(map[uint64]bool{0: public, aggregate: true, evaluate: true, own: true, other: true, outsider: public})

			// An update that is not in the sum is nobody's business but its trainer's
			// and the aggregators'.
			p := aggregator.Policy{Chain: n}
			ref := blob.Ref{Kind: blob.Update, Slot: slot(first + 2)}
			for caller, may := range map[uint64]bool{0: false, aggregate: true, first + 2: true, other: false, evaluate: false} {
				if err := p.MayGetUpdate(t.Context(), blob.Caller{Node: caller}, ref); (err == nil) != may {
					t.Errorf("update outside the sum, caller %d: %v, want leave: %v", caller, err, may)
				}
			}
		})
	}
}

// TestPolicyWithoutChain: a chain that does not answer is not the caller's fault.
func TestPolicyWithoutChain(t *testing.T) {
	p := aggregator.Policy{Chain: noChain{}}
	ref := blob.Ref{Kind: blob.Update, Slot: slot(first)}
	caller := blob.Caller{Node: first, Key: ed25519.PublicKey{}}
	for name, err := range map[string]error{
		"put":   p.MayPut(t.Context(), caller, ref, blob.Entry{}),
		"check": p.CheckUpdate(t.Context(), ref, blob.Entry{}, strings.NewReader("")),
		"get":   p.MayGetUpdate(t.Context(), caller, ref),
	} {
		if !errors.Is(err, errNoChain) || errors.Is(err, blob.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var errNoChain = errors.New("connection refused")

type noChain struct{}

func (noChain) Task(context.Context, uint64) (spec.Task, error) { return spec.Task{}, errNoChain }
func (noChain) Round(context.Context, uint64, uint64) (spec.Round, error) {
	return spec.Round{}, errNoChain
}
