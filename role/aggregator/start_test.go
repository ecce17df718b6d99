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

// federated is how many rows of all trainers the model with which round 1 of a task began
// gets right.
func federated(t *testing.T, n *sim.Network, task uint64) spec.PPM {
	t.Helper()
	r, err := n.Round(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	score, known := r.FederatedScore()
	if !known {
		t.Fatalf("no trainer of task %d has judged the model of round 1", task)
	}
	return score
}

// TestWarmStart: a task that starts with what an earlier one has made begins where that one
// ended, whoever serves the model: the earlier task's aggregators, or a node with the file.
func TestWarmStart(t *testing.T) {
	n := simtest.Open(t, 3, sim.DigitsTask(5))
	ended := simtest.Finish(t, n)
	b, err := role.ReadBlob(t.Context(), n.Nodes[0].Tools.Store, ended.Model)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := n.Join(sim.Member{Roles: spec.Aggregator}) // others have a better name: it has no part in any task
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
			t.Errorf("a holder takes another file: %v", err)
		}
		if d, err := aggregator.Offer(t.Context(), holder.Tools.Store, task, 0, b); err != nil || d != ended.Model {
			t.Fatal(d, err)
		}
	})
	simtest.WantNoErrors(t, n)
	if score := federated(t, n, cold); score > spec.One/2 {
		t.Errorf("a task that starts with nothing begins at %s", score)
	}
	for _, id := range []uint64{of, served} {
		if score := federated(t, n, id); score+spec.One/20 < ended.Score || score < 2*federated(t, n, cold) {
			t.Errorf("task %d begins at %s, and task %d ended at %s", id, score, ended.ID, ended.Score)
		}
	}
	if a, b := base(t, n, of), base(t, n, served); a != b {
		t.Errorf("one start, two models 0: %s and %s", a, b)
	}
}

func base(t *testing.T, n *sim.Network, task uint64) spec.Digest {
	t.Helper()
	r, err := n.Round(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	return r.Base
}

// lose has a node forget a model.
func lose(t *testing.T, n *sim.Node, d spec.Digest) {
	t.Helper()
	labels, err := n.Tools.Store.LabelsOf(t.Context(), d)
	for _, l := range labels {
		err = errors.Join(err, n.Tools.Store.Forget(t.Context(), l.Ref))
	}
	if gone := n.Tools.Store.Delete(t.Context(), d); !errors.Is(gone, blob.ErrNotFound) { // it may have been swept
		err = errors.Join(err, gone)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAttackStartThatIsNone: a task whose model nobody serves, or whose model is none for
// it, comes to nothing, says which model it was, and costs no aggregator its standing, also
// where some of them got it.
func TestAttackStartThatIsNone(t *testing.T) {
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
		have int // aggregators that have it
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
				t.Errorf("%s: aggregator %d has a reputation of %s", name, a.ID, node.Reputation)
			}
			if c.have == 4 && (len(a.Errs) != 1 || !errors.Is(a.Errs[0], role.ErrFinal) || !strings.Contains(a.Errs[0].Error(), "its model.kind is mlp instead of softmax")) {
				t.Errorf("%s: aggregator %d says %v", name, a.ID, a.Errs)
			}
		}
	}
}
