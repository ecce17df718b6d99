package aggregator_test

import (
	"errors"
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

// baseScore returns the share of all trainers' rows that the base model of a task's round 1
// classifies correctly.
func baseScore(t *testing.T, n *sim.Network, task uint64) spec.PPM {
	t.Helper()
	r, err := n.Round(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	score, known := r.FederatedScore()
	if !known {
		t.Fatalf("no trainer of task %d has evaluated the base model of round 1", task)
	}
	return score
}

// TestWarmStart: a task that starts with the model of an earlier task begins at the score of
// that model, whether the earlier task's aggregators serve it or a node that has the file.
func TestWarmStart(t *testing.T) {
	n := simtest.Open(t, 3, sim.DigitsTask(5))
	ended := simtest.Finish(t, n)
	b, err := role.ReadBlob(t.Context(), n.Nodes[0].Tools.Store, ended.Model)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := n.Join(sim.Member{Roles: spec.Aggregator}) // its reputation is lower than the others', so no task selects it
	if err != nil {
		t.Fatal(err)
	}
	asked := sim.DigitsTask(1)
	asked.Model.Seed = 99
	start := func(from spec.Init, before func(spec.Task)) uint64 {
		asked.Model.Init = from
		id, err := n.Open("consumer", asked)
		if err != nil {
			t.Fatal(err)
		}
		task, err := n.Task(id)
		if err != nil {
			t.Fatal(err)
		}
		before(task)
		if task, err = n.Finish(t.Context(), id); err != nil || task.State != spec.TaskSpent {
			t.Fatalf("task %d is %s: %s, %v", id, task.State, task.Reason, err)
		}
		return id
	}
	cold := start(spec.Init{}, func(spec.Task) {})
	of := start(spec.Init{Model: ended.Model, Task: ended.ID}, func(spec.Task) { lose(t, n.Nodes[3], ended.Model) })
	served := start(spec.Init{Model: ended.Model, Holder: holder.ID}, func(task spec.Task) {
		for _, a := range n.Nodes[:4] {
			lose(t, a, ended.Model)
		}
		if _, err := aggregator.Offer(t.Context(), holder.Tools.Store, task, 0, append(slices.Clone(b), 0)); !errors.Is(err, model.ErrModel) {
			t.Errorf("a holder offers the file with one more byte: got error %v, want %v", err, model.ErrModel)
		}
		if d, err := aggregator.Offer(t.Context(), holder.Tools.Store, task, 0, b); err != nil || d != ended.Model {
			t.Fatal(d, err)
		}
	})
	simtest.WantNoErrors(t, n)
	if score := baseScore(t, n, cold); score > spec.One/2 {
		t.Errorf("a task without an initial model begins at score %s, want at most 0.5", score)
	}
	for _, id := range []uint64{of, served} {
		if score := baseScore(t, n, id); score+spec.One/20 < ended.Score || score < 2*baseScore(t, n, cold) {
			t.Errorf("task %d begins at score %s, and task %d ended at %s", id, score, ended.ID, ended.Score)
		}
	}
	if a, b := base(t, n, of), base(t, n, served); a != b {
		t.Errorf("the same initial model gives two models 0: %s and %s", a, b)
	}
}

// base returns the base model of a task's round 1.
func base(t *testing.T, n *sim.Network, task uint64) spec.Digest {
	t.Helper()
	r, err := n.Round(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	return r.Base
}

// lose deletes a model from the store of a node.
func lose(t *testing.T, n *sim.Node, d spec.Digest) {
	t.Helper()
	labels, err := n.Tools.Store.LabelsOf(t.Context(), d)
	for _, l := range labels {
		err = errors.Join(err, n.Tools.Store.Forget(t.Context(), l.Ref))
	}
	if gone := n.Tools.Store.Delete(t.Context(), d); !errors.Is(gone, blob.ErrNotFound) { // Sweep may have deleted it already
		err = errors.Join(err, gone)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAttackUnusableInitialModel: a task whose initial model nobody serves, only some aggregators
// have, or that does not fit the task, fails with the name of the model. No aggregator loses
// reputation for it.
func TestAttackUnusableInitialModel(t *testing.T) {
	other := sim.DigitsTask(1).Model
	other.Kind, other.Hidden = spec.ModelMLP, []uint32{5}
	weights, err := model.Init(other)
	if err != nil {
		t.Fatal(err)
	}
	misfit, err := model.File{Model: other, Weights: weights}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	fits, err := model.Initial(sim.DigitsTask(1))
	if err != nil {
		t.Fatal(err)
	}
	good, err := fits.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		b    []byte
		have int // number of aggregators that have it
	}{"nobody serves it": {good, 0}, "some have it": {good, 2}, "it does not fit": {misfit, 4}} {
		asked := sim.DigitsTask(1)
		asked.Model.Init = spec.Init{Model: spec.DigestOf(c.b), Holder: first}
		n := simtest.Open(t, 2, asked)
		for _, a := range n.Nodes[:c.have] {
			if _, err := blob.PutAs(t.Context(), a.Tools.Store, spec.DigestOf(c.b), strings.NewReader(string(c.b)), int64(len(c.b))); err != nil {
				t.Fatal(err)
			}
		}
		task := simtest.Finish(t, n)
		if task.State != spec.TaskFailed || !strings.Contains(task.Reason, "aggregators have model "+spec.DigestOf(c.b).Short()) {
			t.Errorf("%s: the task is %s: %s", name, task.State, task.Reason)
		}
		for _, a := range n.Nodes[:4] {
			if node, _ := n.Node(a.ID); node.Reputation < round.NewStanding().Reputation {
				t.Errorf("%s: aggregator %d has reputation %s, want no loss", name, a.ID, node.Reputation)
			}
			if c.have == 4 && (len(a.Errs) != 1 || !errors.Is(a.Errs[0], role.ErrFinal) || !strings.Contains(a.Errs[0].Error(), "its model.kind is mlp instead of softmax")) {
				t.Errorf("%s: aggregator %d has errors %v, want one that names model.kind", name, a.ID, a.Errs)
			}
		}
	}
}
