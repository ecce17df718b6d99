package role_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
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
