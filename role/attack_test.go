package role_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/blobstest"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// Attacks on what nodes send each other. The names carry the numbers of the threat model. Each
// test also shows that the attack works without the defence.

// lax is the policy of an aggregator that checks the content of an update, but not who asks.
type lax struct{ blob.Policy }

func (lax) MayPut(context.Context, blob.Caller, blob.Ref, blob.Entry) error { return nil }

func (lax) MayGetUpdate(context.Context, blob.Caller, blob.Ref) error { return nil }

func (lax) MayGetModel(context.Context, blob.Caller, blob.Ref) error { return nil }

// blind is the policy of an aggregator that checks everything but the content.
type blind struct{ blob.Policy }

func (blind) CheckUpdate(context.Context, blob.Ref, blob.Entry, io.Reader) error { return nil }

// acceptsCopies is the policy of an aggregator that does not look for copied updates.
func acceptsCopies(p blob.Policy) blob.Policy {
	own := p.(aggregator.Policy)
	own.Payloads = nil
	return own
}

// stalling is the policy of an aggregator that lets every download of an update time out.
type stalling struct{ blob.Policy }

func (stalling) MayGetUpdate(context.Context, blob.Caller, blob.Ref) error { return blob.ErrStalled }

// swapped is a store that serves other bytes under one digest.
type swapped struct {
	blob.Store
	under spec.Digest
	bytes []byte
}

func (s swapped) Open(ctx context.Context, d spec.Digest) (io.ReadSeekCloser, int64, error) {
	if d != s.under {
		return s.Store.Open(ctx, d)
	}
	return closable{bytes.NewReader(s.bytes)}, int64(len(s.bytes)), nil
}

// closable is a reader of bytes that can be closed.
type closable struct{ *bytes.Reader }

func (closable) Close() error { return nil }

// put uploads bytes to an aggregator, as the node of the slot.
func put(t *testing.T, n *sim.Network, to uint64, s spec.Slot, salt spec.Salt, b []byte) error {
	t.Helper()
	e := blob.Entry{Digest: spec.DigestOf(b), Salt: salt, Size: int64(len(b))}
	_, err := n.Nodes[s.Node-1].Tools.Blobs.PutUpdate(t.Context(), to, blob.Ref{Kind: blob.Update, Slot: s}, e,
		func() (io.ReadCloser, error) { return closable{bytes.NewReader(b)}, nil })
	return err
}

// restamp writes another slot into an update, as a thief of the update would.
func restamp(t *testing.T, update []byte, s spec.Slot) []byte {
	t.Helper()
	h, err := model.ReadUpdateHeader(bytes.NewReader(update))
	if err != nil {
		t.Fatal(err)
	}
	h.Slot = s
	values := make([]int32, h.Count)
	if _, err := binary.Decode(update[len(update)-4*len(values):], binary.LittleEndian, values); err != nil {
		t.Fatal(err)
	}
	b, err := model.EncodeUpdate(h, values)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAttack04CopiedUpdate: a trainer wants to use another trainer's commitment, or its update.
func TestAttack04CopiedUpdate(t *testing.T) {
	const victim, copier = first, first + 1
	n := simtest.Open(t, 3, sim.DigitsTask(1))
	n.Nodes[copier-1].Refuses = func(a role.Action) bool { _, trains := a.(trainer.Train); return trains || simtest.IsUpload(a) }
	simtest.Reach(t, n, 1, spec.PhaseTrain)
	simtest.Step(t, n)
	_, r := simtest.Newest(t, n)
	commitment := r.Trainers[0].Commitment
	if commitment.IsZero() || r.Phase != spec.PhaseTrain {
		t.Fatalf("nothing to copy in phase %s", r.Phase)
	}
	// The chain refuses the victim's commitment from another node.
	simtest.WantErr(t, n.Say(1, round.Commit{Node: copier, Round: 1, Samples: 9, Commitment: commitment}), round.ErrCopied)
	// So the copier commits to something else, and hopes to get the victim's bytes.
	var salt spec.Salt
	hope := spec.UpdateCommitment(simtest.Slot(1, copier), spec.DigestOf([]byte("whatever comes")), salt)
	if err := n.Say(1, round.Commit{Node: copier, Round: 1, Samples: 9, Commitment: hope}); err != nil {
		t.Fatal(err)
	}
	simtest.Reach(t, n, 1, spec.PhaseAttest)
	e, update := simtest.UpdateOf(t, n, 1, victim)
	if err := put(t, n, 1, simtest.Slot(1, victim), e.Salt, update); err != nil {
		t.Fatal(err)
	}
	steal := func() error {
		_, err := n.Nodes[copier-1].Tools.Blobs.FetchUpdate(t.Context(), []uint64{1},
			blob.Ref{Kind: blob.Update, Slot: simtest.Slot(1, victim)}, commitment, e.Size, blob.NewMemory())
		return err
	}
	copied := restamp(t, update, simtest.Slot(1, copier))
	simtest.WantErr(t, steal(), blob.ErrForbidden)
	simtest.WantErr(t, put(t, n, 1, simtest.Slot(1, copier), salt, copied), blob.ErrForbidden)
	simtest.WantErr(t, put(t, n, 1, simtest.Slot(1, copier), e.Salt, update), blob.ErrForbidden)

	n.Nodes[0].Policy = lax{acceptsCopies(n.Nodes[0].Policy)}
	if err := errors.Join(steal(), put(t, n, 1, simtest.Slot(1, copier), salt, copied)); err != nil {
		t.Errorf("without the policy the copy is refused: %v", err)
	}
	simtest.Finish(t, n)
	r = simtest.SettledRounds(t, n)[0]
	if !r.Trainers[0].Survivor || r.Trainers[1].Survivor || simtest.Earned(n, copier) != 0 || simtest.Earned(n, victim) == 0 {
		t.Errorf("one lax aggregator of four: trainers %+v, the copier is paid %d, want 0", r.Trainers, simtest.Earned(n, copier))
	}
}

// TestAttack04SameValues: the copier has got the victim's values before it commits, and commits
// to them under its own slot: other bytes and another digest, but the victim's work.
func TestAttack04SameValues(t *testing.T) {
	const victim, copier = first, first + 1
	play := func(t *testing.T, defended, copierFirst bool) (r spec.Round, n *sim.Network, refused error) {
		t.Helper()
		n = simtest.Open(t, 3, sim.DigitsTask(1))
		if !defended {
			for _, node := range n.Nodes[:sim.Aggregators] {
				node.Policy = acceptsCopies(node.Policy)
			}
		}
		n.Nodes[victim-1].Refuses = simtest.IsUpload
		n.Nodes[copier-1].Refuses = func(a role.Action) bool { _, trains := a.(trainer.Train); return trains || simtest.IsUpload(a) }
		simtest.Reach(t, n, 1, spec.PhaseTrain)
		simtest.Step(t, n)
		e, update := simtest.UpdateOf(t, n, 1, victim)
		copied, salt := restamp(t, update, simtest.Slot(1, copier)), spec.Salt{1}
		hope := spec.UpdateCommitment(simtest.Slot(1, copier), spec.DigestOf(copied), salt)
		if err := n.Say(1, round.Commit{Node: copier, Round: 1, Samples: 9, Commitment: hope}); err != nil {
			t.Fatal(err)
		}
		_, r = simtest.Reach(t, n, 1, spec.PhaseAttest)
		if one, other := r.Trainers[0], r.Trainers[1]; one.Height == 0 || one.Height > other.Height {
			t.Fatalf("the victim committed at %d, the copier at %d", one.Height, other.Height)
		}
		send := []func(to uint64) error{
			func(to uint64) error { return put(t, n, to, simtest.Slot(1, victim), e.Salt, update) },
			func(to uint64) error { return put(t, n, to, simtest.Slot(1, copier), salt, copied) },
		}
		if copierFirst {
			slices.Reverse(send)
		}
		for _, node := range n.Nodes[:sim.Aggregators] {
			for _, one := range send {
				refused = cmp.Or(refused, one(node.ID))
				node.Use(node.Tools.Store) // what arrived before is read from the store again
			}
		}
		simtest.Finish(t, n)
		return simtest.SettledRounds(t, n)[0], n, refused
	}

	// Off: the copier is paid as much as the victim.
	r, n, refused := play(t, false, false)
	if refused != nil || !r.Trainers[0].Survivor || !r.Trainers[1].Survivor || simtest.Earned(n, copier) != simtest.Earned(n, victim) {
		t.Fatalf("the attack does not work even undefended: %v, %+v", refused, r.Trainers)
	}
	// On: the later commitment's upload is refused, gets no receipt and is in no bitmap.
	r, n, refused = play(t, true, false)
	simtest.WantErr(t, refused, aggregator.ErrCopy)
	simtest.WantErr(t, refused, blob.ErrContent)
	if !r.Trainers[0].Survivor || r.Trainers[1].Survivor || simtest.Earned(n, victim) == 0 || simtest.Earned(n, copier) != 0 {
		t.Errorf("the victim is paid %d, the copier %d", simtest.Earned(n, victim), simtest.Earned(n, copier))
	}
	if d, _ := n.Node(copier); d.Stake != spec.Thing {
		t.Errorf("the copier has stake %d, want %d: equal rows are no fault", d.Stake, spec.Thing)
	}
	// A copy that arrives first keeps its receipt, and the original is accepted as well.
	if r, _, refused = play(t, true, true); refused != nil || !r.Trainers[0].Survivor || !r.Trainers[1].Survivor {
		t.Errorf("a copy that arrives first harms the original: %v, %+v", refused, r.Trainers)
	}
}

// TestAttack12SelectiveServing: a trainer uploads to some aggregators only. All of them still
// compute the same model.
func TestAttack12SelectiveServing(t *testing.T) {
	// serve runs a round in which the first trainer sends its update to some
	// aggregators only.
	serve := func(t *testing.T, to ...uint64) *sim.Network {
		t.Helper()
		n := simtest.Open(t, 3, sim.DigitsTask(1))
		n.Nodes[first-1].Refuses = simtest.IsUpload
		simtest.Reach(t, n, 1, spec.PhaseAttest)
		e, update := simtest.UpdateOf(t, n, 1, first)
		for _, node := range to {
			if err := put(t, n, node, simtest.Slot(1, first), e.Salt, update); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	agree := func(t *testing.T, n *sim.Network, survives bool) {
		t.Helper()
		simtest.Finish(t, n)
		simtest.WantNoErrors(t, n)
		r := simtest.SettledRounds(t, n)[0]
		if r.Trainers[0].Survivor != survives {
			t.Errorf("the trainer survives: %t, want %t", r.Trainers[0].Survivor, survives)
		}
		for _, a := range r.Aggregates {
			if a.Revealed > 0 && a.Digest != r.Next {
				t.Errorf("aggregator %d revealed %s, the round accepted %s", a.Node, a.Digest.Short(), r.Next.Short())
			}
		}
	}
	t.Run("to one aggregator", func(t *testing.T) {
		n := serve(t, 2)
		agree(t, n, false)
	})
	t.Run("to f+1 aggregators", func(t *testing.T) {
		n := serve(t, 2, 3)
		agree(t, n, true)
		for _, node := range n.Nodes[:sim.Aggregators] {
			if _, err := node.Tools.Store.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: simtest.Slot(1, first)}); err != nil {
				t.Errorf("aggregator %d did not fetch the update: %v", node.ID, err)
			}
		}
	})
	t.Run("one of the holders stalls downloads", func(t *testing.T) {
		n := serve(t, 1, 3)
		n.Nodes[0].Policy = stalling{n.Nodes[0].Policy}
		agree(t, n, true)
	})
	t.Run("an aggregator attests an update that it does not hold", func(t *testing.T) {
		n := serve(t, 3)
		n.Nodes[0].Refuses = func(a role.Action) bool {
			s, sends := a.(role.Send)
			if !sends {
				return false
			}
			_, attests := s.Input.(round.Attest)
			return attests
		}
		if err := n.Say(1, round.Attest{Node: 1, Round: 1, Holds: []byte{0b111}}); err != nil {
			t.Fatal(err)
		}
		agree(t, n, true)
	})
	t.Run("to none, and one bitmap would be enough", func(t *testing.T) {
		n := serve(t)
		task, r := simtest.Reach(t, n, 1, spec.PhaseAggregate)
		r.Trainers = slices.Clone(r.Trainers)
		r.Trainers[0].Survivor = true // as if one bitmap were enough, and it lied
		if _, err := (aggregator.Combine{Task: task, Round: r}).Do(t.Context(), n.Nodes[1].Tools); err == nil {
			t.Error("an aggregator computes a model from an update that nobody holds")
		}
		agree(t, n, false)
	})
}

// TestAttack13Equivocation: a trainer uploads different updates to different aggregators.
func TestAttack13Equivocation(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(1))
	n.Nodes[first-1].Refuses = simtest.IsUpload
	task, r := simtest.Reach(t, n, 1, spec.PhaseAttest)
	e, update := simtest.UpdateOf(t, n, 1, first)
	other := bytes.Clone(update)
	other[len(other)-1] ^= 1
	for _, node := range []uint64{1, 2} {
		if err := put(t, n, node, simtest.Slot(1, first), e.Salt, update); err != nil {
			t.Fatal(err)
		}
	}
	for node := range uint64(sim.Aggregators) {
		simtest.WantErr(t, put(t, n, node+1, simtest.Slot(1, first), e.Salt, other), blob.ErrForbidden)
	}

	// Without that check two aggregators would store two updates for one slot and compute two
	// models. One aggregator would still keep only the first update that it got.
	for _, node := range n.Nodes[:sim.Aggregators] {
		node.Policy = lax{node.Policy}
	}
	simtest.WantErr(t, put(t, n, 1, simtest.Slot(1, first), e.Salt, other), blob.ErrConflict)
	if err := put(t, n, 3, simtest.Slot(1, first), e.Salt, other); err != nil {
		t.Fatal(err)
	}
	alone := spec.Round{Task: 1, Number: 1, Base: r.Base, Trainers: []spec.Contribution{r.Trainers[0]}}
	alone.Trainers[0].Survivor = true
	if _, _, err := aggregator.Next(t.Context(), n.Nodes[0].Tools, task, alone); err != nil {
		t.Errorf("the aggregator with the right update cannot compute: %v", err)
	}
	// Even then an aggregator does not add an update that does not open the commitment.
	_, _, err := aggregator.Next(t.Context(), n.Nodes[2].Tools, task, alone)
	simtest.WantErr(t, err, blob.ErrOpening)
	second := alone
	second.Trainers = slices.Clone(alone.Trainers)
	second.Trainers[0].Commitment = spec.UpdateCommitment(simtest.Slot(1, first), spec.DigestOf(other), e.Salt)
	a, _, err := aggregator.Next(t.Context(), n.Nodes[0].Tools, task, alone)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := aggregator.Next(t.Context(), n.Nodes[2].Tools, task, second)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(a.Weights, b.Weights) {
		t.Error("two different updates give the same model: the test shows nothing")
	}
}

// TestAttack26MaliciousModel: an aggregator serves bytes that are meant to harm whoever loads them.
func TestAttack26MaliciousModel(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(2))
	task, r := simtest.Reach(t, n, 2, spec.PhaseTrain)
	right, err := role.ReadBlob(t.Context(), n.Nodes[0].Tools.Store, r.Base)
	if err != nil {
		t.Fatal(err)
	}
	notANumber := bytes.Clone(right)
	binary.LittleEndian.PutUint32(notANumber[len(right)-4:], math.Float32bits(float32(math.NaN())))
	wider, err := model.File{Model: spec.Model{Kind: spec.ModelSoftmax, Inputs: 63, Classes: 10}, Weights: make([]float32, 640)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	attacks := map[string][]byte{
		"NaN":          notANumber,
		"other shape":  wider,
		"pickle":       []byte("\x80\x04cos\nsystem\n(S'true'\ntR."),
		"header bomb":  append([]byte{255, 255, 255, 255, 255, 255, 255, 127}, right[8:]...),
		"bytes follow": append(bytes.Clone(right), 0),
		"nothing":      {},
	}
	for name, bad := range attacks {
		// One aggregator serves it under the right digest. The bytes do not match the digest, or are
		// too many, and the next aggregator is asked.
		node := n.Nodes[0]
		honest := node.Serves
		node.Serves = swapped{honest, r.Base, bad}
		for way, blobs := range map[string]role.Blobs{"in memory": n.Blobs(0), "over HTTP": overHTTP(t, simtest.Chain, 0, places(n))} {
			t.Run(name+" from one aggregator, "+way, func(t *testing.T) {
				auditor := n.Stranger() // begins with node 1
				auditor.Blobs = blobs
				if _, err := auditor.Model(t.Context(), task, r.Base); err != nil {
					t.Errorf("with three honest aggregators of four: %v", err)
				}
				only := task
				only.Aggregators = task.Aggregators[:1]
				auditor.Store = blob.NewMemory()
				if _, err := auditor.Model(t.Context(), only, r.Base); !errors.Is(err, blob.ErrMismatch) && !errors.Is(err, blob.ErrTooLarge) {
					t.Errorf("got %v", err)
				}
				if has, err := auditor.Store.Has(t.Context(), r.Base); has || err != nil {
					t.Errorf("the store holds the bad bytes: %v, %v", has, err)
				}
			})
		}
		node.Serves = honest
		// If all aggregators agree on the bad bytes, their digest is right, and the decoder refuses them.
		t.Run(name+" from all aggregators", func(t *testing.T) {
			tools := n.Stranger()
			d, _, err := blob.Put(t.Context(), tools.Store, bytes.NewReader(bad), 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tools.Model(t.Context(), task, d); !errors.Is(err, model.ErrModel) {
				t.Errorf("got %v, want %v", err, model.ErrModel)
			}
		})
	}
	simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
}

// places maps each aggregator of a network to what it serves.
func places(n *sim.Network) map[uint64]blobstest.Peer {
	all := map[uint64]blobstest.Peer{}
	for _, node := range n.Nodes[:sim.Aggregators] {
		all[node.ID] = blobstest.Peer{Store: node.Serves, Policy: node.Policy}
	}
	return all
}

// TestAttack29ReplayAcrossRounds: a trainer sends its messages and its update of round 1 again in
// round 2.
func TestAttack29ReplayAcrossRounds(t *testing.T) {
	n := simtest.Open(t, 2, sim.DigitsTask(2))
	_, before := simtest.Reach(t, n, 1, spec.PhaseReveal)
	e, update := simtest.UpdateOf(t, n, 1, first)
	replayer := n.Nodes[first-1]
	replayer.Refuses = func(role.Action) bool { return true }
	simtest.Reach(t, n, 2, spec.PhaseTrain)

	// First the commitment of round 1 unchanged, then with the number of round 2.
	old := before.Trainers[0]
	message := round.Commit{Node: first, Round: 1, Samples: old.Samples, Commitment: old.Commitment}
	simtest.WantErr(t, n.Say(1, message), round.ErrLate) // round 1 is being scored
	message.Round = 2
	if err := n.Say(1, message); err != nil {
		t.Fatal(err)
	}
	simtest.Reach(t, n, 2, spec.PhaseAttest)
	simtest.WantErr(t, put(t, n, 1, simtest.Slot(2, first), e.Salt, update), blob.ErrForbidden) // it opens nothing in round 2
	simtest.WantErr(t, put(t, n, 1, simtest.Slot(1, first), e.Salt, update), blob.ErrForbidden) // and round 1 is over
	simtest.Finish(t, n)
	if r := simtest.SettledRounds(t, n)[1]; r.Trainers[0].Survivor || !r.Trainers[1].Survivor {
		t.Errorf("round 2 has the trainers %+v, want the replayer to be no survivor", r.Trainers)
	}

	// A new commitment to the old bytes: the header of the update names round 1.
	n = simtest.Open(t, 2, sim.DigitsTask(2))
	simtest.Reach(t, n, 1, spec.PhaseReveal)
	e, update = simtest.UpdateOf(t, n, 1, first)
	n.Nodes[first-1].Refuses = func(role.Action) bool { return true }
	simtest.Reach(t, n, 2, spec.PhaseTrain)
	if err := n.Say(1, round.Commit{
		Node: first, Round: 2, Samples: 9, Commitment: spec.UpdateCommitment(simtest.Slot(2, first), e.Digest, e.Salt),
	}); err != nil {
		t.Fatal(err)
	}
	simtest.Reach(t, n, 2, spec.PhaseAttest)
	simtest.WantErr(t, put(t, n, 1, simtest.Slot(2, first), e.Salt, update), blob.ErrContent)
	n.Nodes[0].Policy = blind{n.Nodes[0].Policy}
	if err := put(t, n, 1, simtest.Slot(2, first), e.Salt, update); err != nil {
		t.Errorf("an aggregator that does not check the content: got error %v, want none", err)
	}
	simtest.Finish(t, n)
	if r := simtest.SettledRounds(t, n)[1]; r.Trainers[0].Survivor {
		t.Error("one blind aggregator of four makes the replayer a survivor")
	}
}
