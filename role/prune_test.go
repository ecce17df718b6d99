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

// records is a chain with one task, whose round r ended at 10r; round 3 still runs.
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

// TestPrune keeps the blobs of a settled round for as long as the task says,
// and its newest model as long as there is room.
func TestPrune(t *testing.T) {
	store := blob.NewMemory()
	keep := func(kind blob.Kind, round, node uint64, bytes string) blob.Ref {
		t.Helper()
		ref := blob.Ref{Kind: kind, Slot: spec.Slot{Chain: "c", Task: 1, Round: round, Node: node}}
		entry := blob.Entry{Digest: spec.DigestOf([]byte(bytes)), Size: int64(len(bytes))}
		if err := role.PutBlob(t.Context(), store, []byte(bytes), blob.Label{Ref: ref, Entry: entry}); err != nil {
			t.Fatal(err)
		}
		return ref
	}
	first, second := keep(blob.Update, 1, 7, "update 1"), keep(blob.Update, 2, 7, "update 2")
	keep(blob.Update, 3, 7, "update 3")
	zero, old := keep(blob.Model, 0, 0, "model 0"), keep(blob.Model, 1, 0, "model 1")
	newest := keep(blob.Model, 2, 0, "model 2")
	behindOld, behindNewest := keep(blob.State, 1, 0, "state 1"), keep(blob.State, 2, 0, "state 2")
	chain := records{model: spec.DigestOf([]byte("model 2"))}
	tools := role.Tools{Store: store, Journal: &sim.Journal{}}

	for _, step := range []struct {
		now  spec.Time
		want []blob.Ref
	}{
		{15, nil},                               // round 1 ended 5 ms ago: still served
		{16, []blob.Ref{old, first, behindOld}}, // no longer
		{25, nil},
		{26, []blob.Ref{second}}, // the newest model stays
		{1_000_000, nil},         // round 3 and the task still run
	} {
		got, err := role.Prune(t.Context(), tools, chain, role.Saw{Now: step.now})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(step.want, got); d != "" {
			t.Errorf("at %s forgets (-want +got):\n%s", step.now, d)
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
		t.Errorf("%v: a closed task forgets (-want +got):\n%s", err, d)
	}
}

// TestSweep deletes fetched models that no duty names, and nothing that a label
// leads to.
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
			t.Errorf("%s is there: %v (%v)", name, has, err)
		}
	}
	if has, err := store.Has(t.Context(), labelled); err != nil || !has {
		t.Errorf("a labelled model is there: %v (%v)", has, err)
	}
}

// tasks is a chain with tasks and, of each, one round.
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

// keeping puts some bytes into a store as a blob of a task, and says where.
func keeping(t *testing.T, s blob.Store, kind blob.Kind, task, number uint64, size int) blob.Label {
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

// TestAttackModelOfACancelledTask: model 0 of a task that was cancelled at once would be
// kept for as long as a result, for the price of a message. It goes when the task
// retains nothing any more.
func TestAttackModelOfACancelledTask(t *testing.T) {
	for accepted, stays := range []bool{false, true} {
		store := blob.NewMemory()
		zero := keeping(t, store, blob.Model, 1, 0, 100)
		chain := tasks{1: {ID: 1, Chain: "c", Model: zero.Digest, State: spec.TaskCancelled, Since: 10, Accepted: uint32(accepted), Spec: spec.TaskSpec{Retain: 5}}}
		tools := role.Tools{Store: store, Journal: &sim.Journal{}}
		for _, step := range []struct {
			now   spec.Time
			there bool
		}{{15, true}, {1_000_000, stays}} {
			_, err := role.Prune(t.Context(), tools, chain, role.Saw{Now: step.now})
			if _, gone := store.Lookup(t.Context(), zero.Ref); err != nil || (gone == nil) != step.there {
				t.Errorf("%d rounds accepted: at %s %v, %v", accepted, step.now, gone, err)
			}
		}
	}
}

// TestAttackCancelledTasksFillTheDisk: cheap tasks that retain for a year take all the
// room of a node, and with a quota they are the first to go, before anything that
// somebody may verify or wants to have.
func TestAttackCancelledTasksFillTheDisk(t *testing.T) {
	const year = 365 * 24 * spec.Hour
	for _, limited := range []bool{false, true} {
		dir, err := blob.OpenDir(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		chain := tasks{}
		put := func(id uint64, accepted uint32, state spec.TaskState) (model, update blob.Label) {
			model, update = keeping(t, dir, blob.Model, id, 0, 8_000), keeping(t, dir, blob.Update, id, 1, 8_000)
			chain[id] = spec.Task{ID: id, Chain: "c", Model: model.Digest, Accepted: accepted, State: state, Since: spec.Time(100 - id), Spec: spec.TaskSpec{Retain: year}}
			return model, update
		}
		result, audited := put(1, 3, spec.TaskReached)
		open, training := put(2, 0, spec.TaskRunning)
		var cheap []blob.Ref // the one that ended first, last
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
				t.Errorf("with a quota of %s: %v, forgets (-want +got):\n%s", quota, err, d)
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
		prune(each) // what an open task needs stays: uploads are refused
		for _, l := range []blob.Label{open, training} {
			if _, err := dir.Lookup(t.Context(), l.Ref); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestTaskMakesRoomForItself: a task that fills its own quota loses its own oldest
// rounds, and no other task loses anything.
func TestTaskMakesRoomForItself(t *testing.T) {
	dir, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir.Limit(blob.Quota{Task: 28_000})
	chain := tasks{}
	for id := range uint64(2) {
		chain[id+1] = spec.Task{ID: id + 1, Chain: "c", Accepted: 1, State: spec.TaskReached, Spec: spec.TaskSpec{Retain: 1000}}
	}
	keeping(t, dir, blob.Update, 1, 1, 8_000)
	first := keeping(t, dir, blob.Update, 2, 1, 8_000)
	keeping(t, dir, blob.Model, 2, 1, 8_000)
	got, err := role.Prune(t.Context(), role.Tools{Store: dir, Journal: &sim.Journal{}}, chain, role.Saw{Now: 10})
	if err != nil || len(got) != 0 {
		t.Errorf("forgets %v, %v: there is room", got, err)
	}
	dir.Limit(blob.Quota{Task: 24_000})
	got, err = role.Prune(t.Context(), role.Tools{Store: dir, Journal: &sim.Journal{}}, chain, role.Saw{Now: 10})
	if len(got) != 1 || got[0].Slot.Task != first.Slot.Task || err != nil {
		t.Errorf("forgets %v, %v: want one blob of task 2", got, err)
	}
}

// TestPruneGoesOn: a label of a task or of a chain that the node's chain does not know
// stays, and keeps nothing else from being forgotten.
func TestPruneGoesOn(t *testing.T) {
	store := blob.NewMemory()
	unknown, late := keeping(t, store, blob.Model, 1, 0, 10), keeping(t, store, blob.Update, 2, 9, 10)
	gone := keeping(t, store, blob.Update, 2, 1, 10)
	other := gone
	other.Slot.Chain = "another"
	if err := store.Label(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	chain := tasks{2: {ID: 2, Chain: "c", State: spec.TaskReached, Accepted: 1, Spec: spec.TaskSpec{Retain: 1}}}
	got, err := role.Prune(t.Context(), role.Tools{Store: store, Journal: &sim.Journal{}}, chain, role.Saw{Now: 10})
	if d := cmp.Diff([]blob.Ref{gone.Ref}, got); err != nil || d != "" {
		t.Errorf("%v, forgets (-want +got):\n%s", err, d)
	}
	for _, l := range []blob.Label{unknown, late, other} {
		if _, err := store.Lookup(t.Context(), l.Ref); err != nil {
			t.Error(err)
		}
	}
}

// TestPruneKeepsSalts: the journal forgets the results of rounds that are retained no
// more, and of no round that runs, is retained, or is unknown: those may have to open a
// commitment.
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
			t.Errorf("at %s (-want +got):\n%s", now, d)
		}
	}
	broken := errors.New("broken")
	if _, err := role.Prune(t.Context(), role.Tools{Store: blob.NewMemory(), Journal: journal}, silent{broken}, role.Saw{Now: 1000}); !errors.Is(err, broken) || len(journal.Keys()) != len(kept) {
		t.Errorf("%v; %d results are left", err, len(journal.Keys()))
	}
}

// silent is a chain that does not answer.
type silent struct{ err error }

func (s silent) Task(context.Context, uint64) (spec.Task, error) { return spec.Task{}, s.err }

func (s silent) Round(context.Context, uint64, uint64) (spec.Round, error) {
	return spec.Round{}, s.err
}
