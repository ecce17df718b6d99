package role_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// records is a chain with one task. Its round r ended at time 10r; round 3 still runs.
type records struct {
	model spec.Digest
	state spec.TaskState
	since spec.Time
}

func (r records) Task(context.Context, uint64) (spec.Task, error) {
	return spec.Task{ID: 1, Chain: "c", Model: r.model, Accepted: 2, State: r.state, Since: r.since, Spec: spec.TaskSpec{Retain: 5}}, nil
}

func (records) Round(_ context.Context, task, number uint64) (spec.Round, error) {
	if number > 3 {
		return spec.Round{}, errors.New("round not found")
	}
	r := spec.Round{Task: task, Number: number, Phase: spec.PhaseSettled, Since: 10 * spec.Time(number)}
	if number == 3 {
		r.Phase = spec.PhaseScore
	}
	return r, nil
}

// TestPrune: the blobs of a settled round are kept for the task's retention period, and the
// task's newest model as long as there is room.
func TestPrune(t *testing.T) {
	store := blob.NewMemory()
	put := func(kind blob.Kind, round, node uint64, bytes string) blob.Ref {
		t.Helper()
		ref := blob.Ref{Kind: kind, Slot: spec.Slot{Chain: "c", Task: 1, Round: round, Node: node}}
		entry := blob.Entry{Digest: spec.DigestOf([]byte(bytes)), Size: int64(len(bytes))}
		if err := role.PutBlob(t.Context(), store, []byte(bytes), blob.Label{Ref: ref, Entry: entry}); err != nil {
			t.Fatal(err)
		}
		return ref
	}
	first, second := put(blob.Update, 1, 7, "update 1"), put(blob.Update, 2, 7, "update 2")
	put(blob.Update, 3, 7, "update 3")
	zero, old := put(blob.Model, 0, 0, "model 0"), put(blob.Model, 1, 0, "model 1")
	newest := put(blob.Model, 2, 0, "model 2")
	behindOld, behindNewest := put(blob.State, 1, 0, "state 1"), put(blob.State, 2, 0, "state 2")
	chain := records{model: spec.DigestOf([]byte("model 2"))}
	tools := role.Tools{Store: store, Journal: &sim.Journal{}}

	for _, step := range []struct {
		now  spec.Time
		want []blob.Ref
	}{
		{15, nil},                               // round 1 ended 5 ms ago: its blobs are still served
		{16, []blob.Ref{old, first, behindOld}}, // its retention period is over
		{25, nil},
		{26, []blob.Ref{second}}, // the newest model stays
		{1_000_000, nil},         // round 3 and the task still run
	} {
		got, err := role.Prune(t.Context(), tools, chain, role.Saw{Now: step.now})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(step.want, got); d != "" {
			t.Errorf("forgotten at %s (-want +got):\n%s", step.now, d)
		}
	}
	for _, ref := range []blob.Ref{zero, newest, behindNewest} {
		if _, err := store.Lookup(t.Context(), ref); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
	}
	chain.state, chain.since = spec.TaskReached, 30
	got, err := role.Prune(t.Context(), tools, chain, role.Saw{Now: 36})
	if d := cmp.Diff([]blob.Ref{zero, behindNewest}, got); err != nil || d != "" {
		t.Errorf("after the task has closed: %v; forgotten (-want +got):\n%s", err, d)
	}
}

// TestSweep: fetched models that no duty needs are deleted, and no blob that has a label.
func TestSweep(t *testing.T) {
	store := blob.NewMemory()
	put := func(bytes string) spec.Digest {
		t.Helper()
		d := spec.DigestOf([]byte(bytes))
		if err := role.PutBlob(t.Context(), store, []byte(bytes), blob.Label{
			Ref:   blob.Ref{Kind: blob.Model, Slot: spec.Slot{Chain: "c", Task: 1, Round: uint64(bytes[0])}},
			Entry: blob.Entry{Digest: d, Size: int64(len(bytes))},
		}); err != nil {
			t.Fatal(err)
		}
		return d
	}
	labelled := put("labelled")
	fetched := map[string]spec.Digest{}
	for _, name := range []string{"old", "base", "next", "model"} {
		fetched[name] = spec.DigestOf([]byte(name))
		if _, _, err := blob.Put(t.Context(), store, strings.NewReader(name), 64); err != nil {
			t.Fatal(err)
		}
	}
	duty := role.Duty{
		Task:  spec.Task{Model: fetched["model"]},
		Round: spec.Round{Base: fetched["base"], Next: fetched["next"]},
	}
	if err := role.Sweep(t.Context(), store, []role.Duty{duty}); err != nil {
		t.Fatal(err)
	}
	for name, d := range fetched {
		if has, err := store.Has(t.Context(), d); err != nil || has == (name == "old") {
			t.Errorf("the store has %q: %t (%v)", name, has, err)
		}
	}
	if has, err := store.Has(t.Context(), labelled); err != nil || !has {
		t.Errorf("the store has the labelled model: %t (%v), want true", has, err)
	}
}

// tasks is a chain with tasks of one round each.
type tasks map[uint64]spec.Task

func (c tasks) Task(_ context.Context, id uint64) (spec.Task, error) {
	if t, ok := c[id]; ok {
		return t, nil
	}
	return spec.Task{}, fmt.Errorf("%w: %d", round.ErrTaskNotFound, id)
}

func (c tasks) Round(_ context.Context, task, number uint64) (spec.Round, error) {
	t, ok := c[task]
	if !ok || number != 1 {
		return spec.Round{}, fmt.Errorf("%w: %d", round.ErrRoundNotFound, number)
	}
	r := spec.Round{Task: task, Number: 1, Phase: spec.PhaseSettled, Since: t.Since}
	if !t.State.Final() {
		r.Phase = spec.PhaseTrain
	}
	return r, nil
}

// putTaskBlob stores bytes as a blob of a task, and returns the label.
func putTaskBlob(t *testing.T, s blob.Store, kind blob.Kind, task, number uint64, size int) blob.Label {
	t.Helper()
	b := make([]byte, size)
	copy(b, fmt.Sprintf("%s %d %d", kind, task, number))
	l := blob.Label{
		Ref:   blob.Ref{Kind: kind, Slot: spec.Slot{Chain: "c", Task: task, Round: number}},
		Entry: blob.Entry{Digest: spec.DigestOf(b), Size: int64(size)},
	}
	if kind == blob.Update {
		l.Slot.Node = 7
	}
	if err := role.PutBlob(t.Context(), s, b, l); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestAttackModelOfACancelledTask: a task is created and cancelled at once, so that aggregators
// keep its model 0 for ever, for the price of a message. It is deleted after the retention
// period, because the task has accepted no round.
func TestAttackModelOfACancelledTask(t *testing.T) {
	for accepted, stays := range []bool{false, true} {
		store := blob.NewMemory()
		zero := putTaskBlob(t, store, blob.Model, 1, 0, 100)
		chain := tasks{1: {ID: 1, Chain: "c", Model: zero.Digest, State: spec.TaskCancelled, Since: 10, Accepted: uint32(accepted), Spec: spec.TaskSpec{Retain: 5}}}
		tools := role.Tools{Store: store, Journal: &sim.Journal{}}
		for _, step := range []struct {
			now   spec.Time
			there bool
		}{{15, true}, {1_000_000, stays}} {
			_, err := role.Prune(t.Context(), tools, chain, role.Saw{Now: step.now})
			if _, gone := store.Lookup(t.Context(), zero.Ref); err != nil || (gone == nil) != step.there {
				t.Errorf("%d rounds accepted: at %s the lookup gives %v, want found %t (prune: %v)", accepted, step.now, gone, step.there, err)
			}
		}
	}
}

// TestAttackCancelledTasksFillTheDisk: cancelled tasks with a retention period of a year fill a
// node's disk. With a quota their blobs are deleted first, before blobs that an audit needs and
// before results.
func TestAttackCancelledTasksFillTheDisk(t *testing.T) {
	const year = 365 * 24 * spec.Hour
	for _, limited := range []bool{false, true} {
		dir, err := blob.OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		chain := tasks{}
		put := func(id uint64, accepted uint32, state spec.TaskState) (model, update blob.Label) {
			model, update = putTaskBlob(t, dir, blob.Model, id, 0, 8_000), putTaskBlob(t, dir, blob.Update, id, 1, 8_000)
			chain[id] = spec.Task{ID: id, Chain: "c", Model: model.Digest, Accepted: accepted, State: state, Since: spec.Time(100 - id), Spec: spec.TaskSpec{Retain: year}}
			return model, update
		}
		result, audited := put(1, 3, spec.TaskReached)
		open, training := put(2, 0, spec.TaskRunning)
		var cheap []blob.Ref // the newest task first
		for id := range uint64(5) {
			model, update := put(id+3, 0, spec.TaskCancelled)
			cheap = append(cheap, update.Ref, model.Ref)
		}
		slices.Reverse(cheap)
		tools := role.Tools{Store: dir, Journal: &sim.Journal{}}
		prune := func(quota spec.Size, want ...blob.Ref) {
			t.Helper()
			dir.Limit(blob.Quota{All: quota})
			got, err := role.Prune(t.Context(), tools, chain, role.Saw{Now: 200})
			if d := cmp.Diff(want, got); err != nil || d != "" {
				t.Errorf("with a quota of %s: %v; forgotten (-want +got):\n%s", quota, err, d)
			}
		}
		if !limited {
			prune(0)
			continue
		}
		each := dir.Used(0) / 14
		prune(each * 19) // there is room
		prune(each*18, cheap[:5]...)
		prune(each*8, cheap[5:]...)
		prune(each*5, audited.Ref, result.Ref)
		prune(each) // blobs that an open task needs stay; uploads are refused instead
		for _, l := range []blob.Label{open, training} {
			if _, err := dir.Lookup(t.Context(), l.Ref); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestTaskQuotaEvictsBlobsOfThatTask: a task that fills its own quota loses the blobs of its own
// oldest rounds. No other task loses anything.
func TestTaskQuotaEvictsBlobsOfThatTask(t *testing.T) {
	dir, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir.Limit(blob.Quota{Task: 28_000})
	chain := tasks{}
	for id := range uint64(2) {
		chain[id+1] = spec.Task{ID: id + 1, Chain: "c", Accepted: 1, State: spec.TaskReached, Spec: spec.TaskSpec{Retain: 1000}}
	}
	putTaskBlob(t, dir, blob.Update, 1, 1, 8_000)
	first := putTaskBlob(t, dir, blob.Update, 2, 1, 8_000)
	putTaskBlob(t, dir, blob.Model, 2, 1, 8_000)
	got, err := role.Prune(t.Context(), role.Tools{Store: dir, Journal: &sim.Journal{}}, chain, role.Saw{Now: 10})
	if err != nil || len(got) != 0 {
		t.Errorf("forgot %v (%v), want nothing: there is room", got, err)
	}
	dir.Limit(blob.Quota{Task: 24_000})
	got, err = role.Prune(t.Context(), role.Tools{Store: dir, Journal: &sim.Journal{}}, chain, role.Saw{Now: 10})
	if len(got) != 1 || got[0].Slot.Task != first.Slot.Task || err != nil {
		t.Errorf("forgot %v (%v), want one blob of task 2", got, err)
	}
}

// TestPruneKeepsUnknownLabels: labels of tasks, rounds and chains that the node's chain does not
// know stay. They do not stop the pruning of others.
func TestPruneKeepsUnknownLabels(t *testing.T) {
	store := blob.NewMemory()
	unknown, late := putTaskBlob(t, store, blob.Model, 1, 0, 10), putTaskBlob(t, store, blob.Update, 2, 9, 10)
	gone := putTaskBlob(t, store, blob.Update, 2, 1, 10)
	other := gone
	other.Slot.Chain = "another"
	if err := store.Label(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	chain := tasks{2: {ID: 2, Chain: "c", State: spec.TaskReached, Accepted: 1, Spec: spec.TaskSpec{Retain: 1}}}
	got, err := role.Prune(t.Context(), role.Tools{Store: store, Journal: &sim.Journal{}}, chain, role.Saw{Now: 10})
	if d := cmp.Diff([]blob.Ref{gone.Ref}, got); err != nil || d != "" {
		t.Errorf("%v; forgotten (-want +got):\n%s", err, d)
	}
	for _, l := range []blob.Label{unknown, late, other} {
		if _, err := store.Lookup(t.Context(), l.Ref); err != nil {
			t.Error(err)
		}
	}
}

// TestPruneKeepsSalts: the journal forgets the results of rounds whose retention period is over.
// It keeps those of rounds that run, are retained or are unknown, because the node may still
// have to open a commitment.
func TestPruneKeepsSalts(t *testing.T) {
	chain := tasks{
		1: {ID: 1, Chain: "c", State: spec.TaskRunning},
		2: {ID: 2, Chain: "c", State: spec.TaskReached, Since: 100, Spec: spec.TaskSpec{Retain: 50}},
	}
	journal := &sim.Journal{}
	running, retained := role.RecordKey("train", 1, 1), role.RecordKey("score", 2, 1)
	kept := []string{running, role.RecordKey("combine", 3, 1), role.RecordKey("combine", 2, 8), "a-2", "train-2-1-x", "train-02-1", "note"}
	for _, key := range append(kept, retained) {
		if err := journal.Record(key, 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, now := range []spec.Time{150, 151} {
		if _, err := role.Prune(t.Context(), role.Tools{Store: blob.NewMemory(), Journal: journal}, chain, role.Saw{Now: now}); err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(kept)
		if now == 150 {
			want = append(want, retained)
		}
		slices.Sort(want)
		if d := cmp.Diff(want, journal.Keys()); d != "" {
			t.Errorf("journal keys at %s (-want +got):\n%s", now, d)
		}
	}
	broken := errors.New("broken")
	if _, err := role.Prune(t.Context(), role.Tools{Store: blob.NewMemory(), Journal: journal}, silent{broken}, role.Saw{Now: 1000}); !errors.Is(err, broken) || len(journal.Keys()) != len(kept) {
		t.Errorf("with a chain that does not answer: got error %v, want %v; %d journal entries are left, want %d", err, broken, len(journal.Keys()), len(kept))
	}
}

// silent is a chain that answers with an error.
type silent struct{ err error }

func (s silent) Task(context.Context, uint64) (spec.Task, error) { return spec.Task{}, s.err }

func (s silent) Round(context.Context, uint64, uint64) (spec.Round, error) {
	return spec.Round{}, s.err
}
