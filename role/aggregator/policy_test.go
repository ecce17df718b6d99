package aggregator_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

const first = sim.FirstTrainer

// entry is the entry of an update under a fixed salt.
func entry(b []byte) blob.Entry {
	return blob.Entry{Digest: spec.DigestOf(b), Salt: spec.Salt{1}, Size: int64(len(b))}
}

// put uploads bytes to node 1 as a caller; caller 0 is a stranger.
func put(t *testing.T, n *sim.Network, caller uint64, s spec.Slot, e blob.Entry, b []byte) error {
	t.Helper()
	return putTo(t, n, 1, caller, s, e, b)
}

// putTo uploads bytes to any node as a caller.
func putTo(t *testing.T, n *sim.Network, to, caller uint64, s spec.Slot, e blob.Entry, b []byte) error {
	t.Helper()
	_, err := n.Blobs(caller).PutUpdate(t.Context(), to, blob.Ref{Kind: blob.Update, Slot: s}, e,
		func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil })
	return err
}

// get fetches an update from node 1 as a caller.
func get(t *testing.T, n *sim.Network, caller, of uint64) error {
	t.Helper()
	_, r := record(t, n, 1)
	_, err := n.Blobs(caller).FetchUpdate(t.Context(), []uint64{1}, blob.Ref{Kind: blob.Update, Slot: simtest.Slot(1, of)},
		r.Trainers[r.Trainer(of)].Commitment, 1<<20, blob.NewMemory())
	return err
}

// update encodes an update of a node in round 1, after change has changed its header.
func update(t *testing.T, node uint64, change func(*model.UpdateHeader)) []byte {
	t.Helper()
	h := model.UpdateHeader{Slot: simtest.Slot(1, node), ScaleBits: 20, Count: 650}
	if change != nil {
		change(&h)
	}
	values := make([]int32, h.Count)
	values[0] = int32(node) // so that no two updates are copies
	b, err := model.EncodeUpdate(h, values)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// record returns the task and a copy of a round that a test may change.
func record(t *testing.T, n *sim.Network, number uint64) (spec.Task, spec.Round) {
	t.Helper()
	task, err := n.Task(1)
	r, err2 := n.Round(1, number)
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	r.Trainers = slices.Clone(r.Trainers)
	r.Aggregates = slices.Clone(r.Aggregates)
	return task, r
}

// openUploads returns a network in which round 1 is in the phase attest, and uploads are open.
// The trainers do nothing by themselves. Trainer first+i has committed to updates[i], unless
// that is nil. The last node is an aggregator that the task has not selected.
func openUploads(t *testing.T, task spec.TaskSpec, updates [][]byte) *sim.Network {
	t.Helper()
	n := simtest.Open(t, len(updates), task)
	for _, node := range n.Nodes[first-1:] {
		node.Refuses = func(role.Action) bool { return true }
	}
	simtest.Reach(t, n, 1, spec.PhaseTrain)
	if _, err := n.Join(sim.Member{Roles: spec.Aggregator}); err != nil {
		t.Fatal(err)
	}
	for i, b := range updates {
		if b == nil {
			continue
		}
		node := uint64(first + i)
		if err := n.Say(1, round.Commit{
			Node: node, Round: 1, Samples: 100,
			Commitment: spec.UpdateCommitment(simtest.Slot(1, node), spec.DigestOf(b), entry(b).Salt),
		}); err != nil {
			t.Fatal(err)
		}
		simtest.WantErr(t, put(t, n, node, simtest.Slot(1, node), entry(b), b), blob.ErrForbidden) // uploads have not begun
		getOwn := n.Nodes[0].Policy.MayGetUpdate(t.Context(), blob.Caller{Node: node}, blob.Ref{Kind: blob.Update, Slot: simtest.Slot(1, node)})
		simtest.WantErr(t, getOwn, blob.ErrForbidden)
	}
	simtest.Reach(t, n, 1, spec.PhaseAttest)
	return n
}

// TestPolicyPut: an aggregator accepts an upload only in the phase attest, from the selected
// trainer, if the bytes open its commitment and are an update of this task, round and model.
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
		{"update of another node", update(t, first, nil), blob.ErrContent},
		{"update of another round", update(t, first+7, at(func(s *spec.Slot) { s.Round = 2 })), blob.ErrContent},
		{"update of another task", update(t, first+8, at(func(s *spec.Slot) { s.Task = 2 })), blob.ErrContent},
		{"update of another chain", update(t, first+9, at(func(s *spec.Slot) { s.Chain = "fork-1" })), blob.ErrContent},
		{"update with another scale", update(t, first+10, func(h *model.UpdateHeader) { h.ScaleBits = 21 }), blob.ErrContent},
		{"update of another model", update(t, first+11, func(h *model.UpdateHeader) { h.Count = 649 }), blob.ErrContent},
		{"bytes that are no update", bytes.Repeat([]byte("x"), 100), blob.ErrContent},
		{"empty", []byte{}, blob.ErrContent},
	}
	updates := make([][]byte, len(cases))
	for i, c := range cases {
		updates[i] = c.update
	}
	n := openUploads(t, sim.DigitsTask(1), updates)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			node, b := uint64(first+i), c.update
			if b == nil {
				b = update(t, node, nil)
			}
			if err := put(t, n, node, simtest.Slot(1, node), entry(b), b); !errors.Is(err, c.want) {
				t.Errorf("got error %v, want %v", err, c.want)
			}
			_, err := n.Nodes[0].Tools.Store.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: simtest.Slot(1, node)})
			if (err == nil) != (c.want == nil) {
				t.Errorf("the update is stored: %t, want %t", err == nil, c.want == nil)
			}
		})
	}
	good := cases[0].update
	t.Run("the same upload again", func(t *testing.T) {
		simtest.WantErr(t, put(t, n, first, simtest.Slot(1, first), entry(good), good), nil)
	})
	t.Run("a stranger", func(t *testing.T) {
		simtest.WantErr(t, put(t, n, 0, simtest.Slot(1, first), entry(good), good), blob.ErrForbidden)
	})
	t.Run("into the slot of another", func(t *testing.T) {
		simtest.WantErr(t, put(t, n, first+1, simtest.Slot(1, first), entry(good), good), blob.ErrForbidden)
	})
	t.Run("a node that is not selected", func(t *testing.T) {
		b := update(t, 5, nil)
		simtest.WantErr(t, put(t, n, 5, simtest.Slot(1, 5), entry(b), b), blob.ErrForbidden)
	})
	t.Run("another salt", func(t *testing.T) {
		e := entry(good)
		e.Salt[0]++
		simtest.WantErr(t, put(t, n, first, simtest.Slot(1, first), e, good), blob.ErrForbidden)
	})
	t.Run("another digest", func(t *testing.T) {
		b := bytes.Clone(good)
		b[len(b)-1] = 1
		simtest.WantErr(t, put(t, n, first, simtest.Slot(1, first), entry(b), b), blob.ErrForbidden)
	})
	t.Run("other bytes under the digest", func(t *testing.T) {
		b := cases[3].update
		lie := bytes.Clone(b)
		lie[len(b)-1] = 1
		simtest.WantErr(t, put(t, n, first+3, simtest.Slot(1, first+3), entry(b), lie), blob.ErrMismatch)
	})
	for name, change := range map[string]func(*spec.Slot){
		"no such task":  func(s *spec.Slot) { s.Task = 2 },
		"no such round": func(s *spec.Slot) { s.Round = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			s := simtest.Slot(1, first)
			change(&s)
			simtest.WantErr(t, put(t, n, first, s, entry(good), good), blob.ErrForbidden)
		})
	}
	t.Run("an aggregator of other tasks", func(t *testing.T) {
		outsider := uint64(len(n.Nodes))
		simtest.WantErr(t, putTo(t, n, outsider, first, simtest.Slot(1, first), entry(good), good), blob.ErrForbidden)
	})
	simtest.WantErr(t, putTo(t, n, 2, first, simtest.Slot(1, first), entry(good), good), nil) // now f+1 hold it, so the round goes on
	simtest.Reach(t, n, 1, spec.PhaseAggregate)
	t.Run("after the phase attest", func(t *testing.T) {
		simtest.WantErr(t, put(t, n, first, simtest.Slot(1, first), entry(good), good), blob.ErrForbidden)
	})
}

// TestPolicyGet: who may fetch an update in each phase, by the task's field audit.
func TestPolicyGet(t *testing.T) {
	const aggregate, evaluate, own, other = 2, 5, first, first + 1
	for _, audit := range []string{spec.AuditPublic, spec.AuditMembers, spec.AuditAggregators} {
		t.Run(audit, func(t *testing.T) {
			task := sim.DigitsTask(1)
			task.Audit = audit
			lost := update(t, first+2, nil) // committed to, but never uploaded in time
			n := openUploads(t, task, [][]byte{update(t, first, nil), update(t, first+1, nil), lost})
			outsider := uint64(len(n.Nodes))
			for i, b := range [][]byte{update(t, first, nil), update(t, first+1, nil)} {
				for _, g := range n.Nodes[:sim.Aggregators] {
					node := uint64(first + i)
					if err := putTo(t, n, g.ID, node, simtest.Slot(1, node), entry(b), b); err != nil {
						t.Fatal(err)
					}
				}
			}
			check := func(may func(of uint64) map[uint64]bool) {
				t.Helper()
				_, r := record(t, n, 1)
				for _, of := range []uint64{own, other} {
					for caller, may := range may(of) {
						if err := get(t, n, caller, of); (err == nil) != may || err != nil && !errors.Is(err, blob.ErrForbidden) {
							t.Errorf("phase %s: caller %d, update of %d: got error %v, want permission %t", r.Phase, caller, of, err, may)
						}
					}
				}
			}
			// If audit is aggregators, not even a trainer may fetch its own update.
			others := audit != spec.AuditAggregators
			for _, phase := range []spec.Phase{spec.PhaseAttest, spec.PhaseAggregate, spec.PhaseReveal, spec.PhaseScore, spec.PhaseOpen} {
				simtest.Reach(t, n, 1, phase)
				check(func(of uint64) map[uint64]bool {
					return map[uint64]bool{0: false, aggregate: true, evaluate: false, own: others && of == own, other: others && of == other, outsider: false}
				})
			}
			simtest.Reach(t, n, 1, spec.PhaseSettled)
			public := audit == spec.AuditPublic
			check(func(uint64) map[uint64]bool {
				return map[uint64]bool{0: public, aggregate: true, evaluate: others, own: others, other: others, outsider: public}
			})

			// Of an update that did not survive, only its trainer and the aggregators may read.
			p := aggregator.Policy{Chain: n.Records()}
			ref := blob.Ref{Kind: blob.Update, Slot: simtest.Slot(1, first+2)}
			for caller, may := range map[uint64]bool{0: false, aggregate: true, first + 2: others, other: false, evaluate: false} {
				if err := p.MayGetUpdate(t.Context(), blob.Caller{Node: caller}, ref); (err == nil) != may {
					t.Errorf("update of no survivor, caller %d: got error %v, want permission %t", caller, err, may)
				}
			}
		})
	}
}

// TestPolicyWithoutChain: if the chain does not answer, the caller gets that error and is not
// told that access is forbidden.
func TestPolicyWithoutChain(t *testing.T) {
	p := aggregator.Policy{Chain: noChain{}}
	ref := blob.Ref{Kind: blob.Update, Slot: simtest.Slot(1, first)}
	caller := blob.Caller{Node: first}
	for name, err := range map[string]error{
		"put":   p.MayPut(t.Context(), caller, ref, blob.Entry{}),
		"check": p.CheckUpdate(t.Context(), ref, blob.Entry{}, strings.NewReader("")),
		"get":   p.MayGetUpdate(t.Context(), caller, ref),
	} {
		if !errors.Is(err, errNoChain) || errors.Is(err, blob.ErrForbidden) {
			t.Errorf("%s: got error %v, want %v", name, err, errNoChain)
		}
	}
}

var errNoChain = errors.New("connection refused")

type noChain struct{}

func (noChain) Task(context.Context, uint64) (spec.Task, error) { return spec.Task{}, errNoChain }

func (noChain) Round(context.Context, uint64, uint64) (spec.Round, error) {
	return spec.Round{}, errNoChain
}
