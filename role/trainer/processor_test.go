package trainer_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// processor is a function as a [trainer.Processor].
type processor func(place spec.Slot, values []int32, scaleBits uint32) error

func (p processor) Process(_ context.Context, place spec.Slot, values []int32, scaleBits uint32) error {
	return p(place, values, scaleBits)
}

func add(n int32) processor {
	return func(_ spec.Slot, values []int32, _ uint32) error {
		for i := range values {
			values[i] += n
		}
		return nil
	}
}

// clip keeps each value within a bound.
func clip(most int32) processor {
	return func(_ spec.Slot, values []int32, _ uint32) error {
		for i, v := range values {
			values[i] = max(-most, min(v, most))
		}
		return nil
	}
}

// training is a network whose first trainer has to train.
func training(t *testing.T) (n *sim.Network, node *sim.Node, duty role.Duty) {
	t.Helper()
	n, err := sim.Digits(sim.Config{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	id, err := n.Open("consumer", sim.DigitsTask(1))
	if err != nil {
		t.Fatal(err)
	}
	task, r, err := n.Reach(t.Context(), id, 1, spec.PhaseTrain)
	if err != nil {
		t.Fatal(err)
	}
	return n, n.Nodes[sim.FirstTrainer-1], role.Duty{Task: task, Round: r}
}

// theTask is the first task of a simulated chain, as far as its statements go.
var theTask = spec.Task{ID: 1, Chain: "althing-sim"}

// do lets a machine with processors do what it asks for first, as the node.
func do(t *testing.T, node *sim.Node, duty role.Duty, processors ...trainer.Processor) (role.Event, error) {
	t.Helper()
	m := trainer.Machine{Node: node.ID, Processors: processors}
	actions := m.Handle(role.Saw{Duties: []role.Duty{duty}})
	if len(actions) != 1 {
		t.Fatalf("it asks for %v", actions)
	}
	return actions[0].Do(t.Context(), node.Tools)
}

// values reads the update of a slot in a store.
func values(t *testing.T, s blob.Store, place spec.Slot) []int32 {
	t.Helper()
	e, err := s.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: place})
	if err != nil {
		t.Fatal(err)
	}
	b, err := role.ReadBlob(t.Context(), s, e.Digest)
	if err != nil {
		t.Fatal(err)
	}
	h, err := model.ReadUpdateHeader(bytes.NewReader(b))
	if err != nil || h.Slot != place {
		t.Fatalf("update of %v: %v", h.Slot, err)
	}
	v := make([]int32, h.Count)
	if _, err := binary.Decode(b[len(b)-4*len(v):], binary.LittleEndian, v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestProcessorsDecideWhatLeaves: without one the trained update leaves; with some,
// what they make of it one after the other, down to what the aggregators hold.
func TestProcessorsDecideWhatLeaves(t *testing.T) {
	_, plain, duty := training(t)
	if _, err := do(t, plain, duty); err != nil {
		t.Fatal(err)
	}
	place := plain.Tools.Slot(theTask, 1)
	trained := values(t, plain.Tools.Store, place)
	if slices.Max(trained) <= 10 {
		t.Fatal("the trained update is nothing to clip")
	}
	want := slices.Clone(trained)
	for i, v := range trained {
		want[i] = max(-10, min(v, 10)) + 3
	}

	n, node, duty := training(t)
	saw := processor(func(at spec.Slot, values []int32, bits uint32) error {
		if at != place || bits != duty.Task.Spec.Aggregation.ScaleBits || !slices.Equal(values, trained) {
			t.Errorf("it is given %d values at scale 2^%d of %v", len(values), bits, at)
		}
		return nil
	})
	event, err := do(t, node, duty, saw, clip(10), add(3))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, values(t, node.Tools.Store, place)); diff != "" {
		t.Errorf("what is stored (-want +got):\n%s", diff)
	}
	if _, err := n.Finish(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	r, err := n.Round(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Trainers[0]; !c.Survivor || c.Commitment != event.(trainer.Trained).Commitment {
		t.Errorf("the chain has %+v of %+v", c, event)
	}
	for _, a := range n.Nodes[:sim.Aggregators] {
		if diff := cmp.Diff(want, values(t, a.Tools.Store, place)); diff != "" {
			t.Errorf("what aggregator %d holds (-want +got):\n%s", a.ID, diff)
		}
	}
}

func TestNothingLeavesAProcessorThatFails(t *testing.T) {
	spent := errors.New("budget is spent")
	for name, c := range map[string]struct {
		fails processor
		want  error
		final bool
	}{
		"it refuses":         {func(spec.Slot, []int32, uint32) error { return spent }, spent, false},
		"beyond fixed point": {func(_ spec.Slot, v []int32, _ uint32) error { v[0] = -1 << 31; return nil }, model.ErrRange, true},
	} {
		_, node, duty := training(t)
		_, err := do(t, node, duty, c.fails)
		if !errors.Is(err, c.want) || errors.Is(err, role.ErrFinal) != c.final {
			t.Errorf("%s: got %v", name, err)
		}
		labels, err := node.Tools.Store.Labels(t.Context())
		if err != nil || len(labels) != 0 {
			t.Errorf("%s: the store holds %v (%v)", name, labels, err)
		}
		if found, err := node.Tools.Journal.Recall(trainer.TrainKey(1, 1), &trainer.Trained{}); found || err != nil {
			t.Errorf("%s: the journal has it: %v (%v)", name, found, err)
		}
	}
}

// once is a store that takes one update, and counts what is written of it.
type once struct {
	blob.Store
	drafts int
}

func (s *once) For(uint64) blob.Store { return s }

func (s *once) Draft(ctx context.Context, d spec.Digest, limit int64) (*blob.Draft, error) {
	s.drafts++
	return s.Store.Draft(ctx, d, limit)
}

// TestCopiedCommitmentIsMadeAgain: the same update gets another salt, and not a
// byte of it is written again. Where it was lost, it is trained again.
func TestCopiedCommitmentIsMadeAgain(t *testing.T) {
	_, node, duty := training(t)
	store := &once{Store: node.Tools.Store}
	node.Tools.Store = store
	first, err := do(t, node, duty)
	if err != nil {
		t.Fatal(err)
	}
	copied := first.(trainer.Trained).Commitment
	written := store.drafts
	again := trainer.Train{Task: duty.Task, Round: duty.Round, Copied: copied}
	place := node.Tools.Slot(theTask, 1)
	opens := func(e role.Event) {
		t.Helper()
		entry, err := store.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: place})
		c := e.(trainer.Trained).Commitment
		if err != nil || c == copied || c != spec.UpdateCommitment(place, entry.Digest, entry.Salt) {
			t.Errorf("commitment %s, copied %s: %v", c.Short(), copied.Short(), err)
		}
	}
	second, err := again.Do(t.Context(), node.Tools)
	if err != nil {
		t.Fatal(err)
	}
	opens(second)
	if store.drafts != written {
		t.Errorf("%d blobs are written for a salt", store.drafts-written)
	}
	if third, err := again.Do(t.Context(), node.Tools); err != nil || !cmp.Equal(second, third) {
		t.Errorf("it was hidden already, and now is %+v (%v), was %+v", third, err, second)
	}

	if err := node.Tools.Journal.Record(trainer.TrainKey(1, 1), first); err != nil { // stopped before it was recorded
		t.Fatal(err)
	}
	if third, err := again.Do(t.Context(), node.Tools); err != nil || !cmp.Equal(second, third) {
		t.Errorf("it was hidden already, and now is %+v (%v), was %+v", third, err, second)
	}

	if err := errors.Join(
		store.Forget(t.Context(), blob.Ref{Kind: blob.Update, Slot: place}),
		node.Tools.Journal.Record(trainer.TrainKey(1, 1), first),
	); err != nil {
		t.Fatal(err)
	}
	lost, err := again.Do(t.Context(), node.Tools)
	if err != nil {
		t.Fatal(err)
	}
	opens(lost)
}
