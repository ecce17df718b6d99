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
	"github.com/althing-network/althing/sim/simtest"
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

// openTraining returns a network in which round 1 trains, its first trainer, and the trainer's
// duty.
func openTraining(t *testing.T) (n *sim.Network, node *sim.Node, duty role.Duty) {
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

// firstTask is task 1 of a network with the default chain id, with the fields that make a slot.
var firstTask = spec.Task{ID: 1, Chain: "althing-sim"}

// trainOnce does the only action that a trainer's machine requests for a duty.
func trainOnce(t *testing.T, node *sim.Node, duty role.Duty, processors ...trainer.Processor) (role.Event, error) {
	t.Helper()
	m := trainer.Machine{Node: node.ID, Processors: processors}
	actions := m.Handle(role.Saw{Duties: []role.Duty{duty}})
	if len(actions) != 1 {
		t.Fatalf("the machine requests %v, want one action", actions)
	}
	return actions[0].Do(t.Context(), node.Tools)
}

// readUpdate returns the values of a slot's update in a store.
func readUpdate(t *testing.T, s blob.Store, place spec.Slot) []int32 {
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
		t.Fatalf("the stored update is of slot %v (%v), want %v", h.Slot, err, place)
	}
	v := make([]int32, h.Count)
	if _, err := binary.Decode(b[len(b)-4*len(v):], binary.LittleEndian, v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestProcessorsDecideWhatLeaves: without processors the trained update leaves the node. With
// processors, each changes the values in turn, and aggregators get the result.
func TestProcessorsDecideWhatLeaves(t *testing.T) {
	_, plain, duty := openTraining(t)
	if _, err := trainOnce(t, plain, duty); err != nil {
		t.Fatal(err)
	}
	place := plain.Tools.Slot(firstTask, 1)
	trained := readUpdate(t, plain.Tools.Store, place)
	if slices.Max(trained) <= 10 {
		t.Fatal("no value of the trained update is above 10: the test clips nothing")
	}
	want := slices.Clone(trained)
	for i, v := range trained {
		want[i] = max(-10, min(v, 10)) + 3
	}

	n, node, duty := openTraining(t)
	check := processor(func(at spec.Slot, values []int32, bits uint32) error {
		if at != place || bits != duty.Task.Spec.Aggregation.ScaleBits || !slices.Equal(values, trained) {
			t.Errorf("the first processor gets %d values at scale 2^%d of %v, want the trained update", len(values), bits, at)
		}
		return nil
	})
	event, err := trainOnce(t, node, duty, check, clip(10), add(3))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, readUpdate(t, node.Tools.Store, place)); diff != "" {
		t.Errorf("the trainer's store (-want +got):\n%s", diff)
	}
	simtest.Finish(t, n)
	r, err := n.Round(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if c := r.Trainers[0]; !c.Survivor || c.Commitment != event.(trainer.Trained).Commitment {
		t.Errorf("the chain has the contribution %+v, the trainer committed to %+v", c, event)
	}
	for _, a := range n.Nodes[:sim.Aggregators] {
		if diff := cmp.Diff(want, readUpdate(t, a.Tools.Store, place)); diff != "" {
			t.Errorf("the store of aggregator %d (-want +got):\n%s", a.ID, diff)
		}
	}
}

// TestFailedProcessorKeepsTheUpdate: if a processor fails, or returns values that the fixed
// point cannot hold, no update is stored or recorded.
func TestFailedProcessorKeepsTheUpdate(t *testing.T) {
	spent := errors.New("budget is spent")
	for name, c := range map[string]struct {
		fails processor
		want  error
		final bool
	}{
		"it refuses":         {func(spec.Slot, []int32, uint32) error { return spent }, spent, false},
		"beyond fixed point": {func(_ spec.Slot, v []int32, _ uint32) error { v[0] = -1 << 31; return nil }, model.ErrRange, true},
	} {
		_, node, duty := openTraining(t)
		_, err := trainOnce(t, node, duty, c.fails)
		if !errors.Is(err, c.want) || errors.Is(err, role.ErrFinal) != c.final {
			t.Errorf("%s: got error %v, want %v, final %t", name, err, c.want, c.final)
		}
		labels, err := node.Tools.Store.Labels(t.Context())
		if err != nil || len(labels) != 0 {
			t.Errorf("%s: the store holds %v (%v), want nothing", name, labels, err)
		}
		if found, err := node.Tools.Journal.Recall(trainer.TrainKey(1, 1), &trainer.Trained{}); found || err != nil {
			t.Errorf("%s: the journal has a result: %v (%v)", name, found, err)
		}
	}
}

// countingStore counts the blobs that are written to it.
type countingStore struct {
	blob.Store
	drafts int
}

func (s *countingStore) For(uint64) blob.Store { return s }

func (s *countingStore) Draft(ctx context.Context, d spec.Digest, limit int64) (*blob.Draft, error) {
	s.drafts++
	return s.Store.Draft(ctx, d, limit)
}

// TestCopiedCommitmentIsMadeAgain: the same update gets another salt, and is not written again.
// If the update was lost, the node trains again.
func TestCopiedCommitmentIsMadeAgain(t *testing.T) {
	_, node, duty := openTraining(t)
	store := &countingStore{Store: node.Tools.Store}
	node.Tools.Store = store
	first, err := trainOnce(t, node, duty)
	if err != nil {
		t.Fatal(err)
	}
	copied := first.(trainer.Trained).Commitment
	written := store.drafts
	again := trainer.Train{Task: duty.Task, Round: duty.Round, Copied: copied}
	place := node.Tools.Slot(firstTask, 1)
	wantOpening := func(e role.Event) {
		t.Helper()
		entry, err := store.Lookup(t.Context(), blob.Ref{Kind: blob.Update, Slot: place})
		c := e.(trainer.Trained).Commitment
		if err != nil || c == copied || c != spec.UpdateCommitment(place, entry.Digest, entry.Salt) {
			t.Errorf("commitment %s does not open with the stored update, or is the copied one %s: %v", c.Short(), copied.Short(), err)
		}
	}
	second, err := again.Do(t.Context(), node.Tools)
	if err != nil {
		t.Fatal(err)
	}
	wantOpening(second)
	if store.drafts != written {
		t.Errorf("%d blobs were written for a new salt, want none", store.drafts-written)
	}
	if third, err := again.Do(t.Context(), node.Tools); err != nil || !cmp.Equal(second, third) {
		t.Errorf("a second new salt: got %+v (%v), want the first one: %+v", third, err, second)
	}

	if err := node.Tools.Journal.Record(trainer.TrainKey(1, 1), first); err != nil { // the node stopped before it recorded the new salt
		t.Fatal(err)
	}
	if third, err := again.Do(t.Context(), node.Tools); err != nil || !cmp.Equal(second, third) {
		t.Errorf("a second new salt: got %+v (%v), want the first one: %+v", third, err, second)
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
	wantOpening(lost)
}
