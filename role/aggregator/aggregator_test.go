package aggregator_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

func TestLiarIsNamed(t *testing.T) {
	n := simtest.Open(t, 3, sim.DigitsTask(2))
	n.Nodes[1].Machines = func() []role.Machine { return []role.Machine{&aggregator.Machine{Node: 2, Liar: true}} }
	n.Nodes[1].Restart()
	task := simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	all := simtest.SettledRounds(t, n)
	lie := all[0].Aggregates[1].Digest
	// a fiftieth of the least bond, in each of two rounds
	want := []spec.Fault{{Round: 1, Node: 2, Kind: spec.FaultWrongAggregate, Digest: lie, Burned: 2 * 200}}
	if diff := cmp.Diff(want, task.Faults); diff != "" {
		t.Error(diff)
	}
	if lie == all[0].Next || task.Accepted != 2 {
		t.Errorf("lie %s, model %s, %d rounds accepted", lie.Short(), all[0].Next.Short(), task.Accepted)
	}
}

// closed is the policy of an aggregator that takes no upload.
type closed struct{ blob.Policy }

func (closed) MayPut(context.Context, blob.Caller, blob.Ref, blob.Entry) error {
	return blob.ErrForbidden
}

// TestAggregatorPulls lets no upload through to one aggregator.
func TestAggregatorPulls(t *testing.T) {
	n := simtest.Open(t, 3, sim.DigitsTask(1))
	cut := n.Nodes[3]
	cut.Policy = closed{cut.Policy}
	simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	r := simtest.SettledRounds(t, n)[0]
	if a := r.Aggregates[3]; a.Attested != 0 || a.Digest != r.Next {
		t.Fatalf("aggregator %d attested at %d and says %s, the round %s", a.Node, a.Attested, a.Digest.Short(), r.Next.Short())
	}
	labels, err := cut.Tools.Store.Labels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	labels = slices.DeleteFunc(labels, func(l blob.Label) bool { return l.Kind != blob.Update })
	if len(labels) != 3 {
		t.Errorf("it holds %d updates, want 3: %v", len(labels), labels)
	}
}

// TestNothingToDoAfterTheCommit: an aggregator that did not commit does not
// compute in the phase of reveals.
func TestNothingToDoAfterTheCommit(t *testing.T) {
	n := simtest.Open(t, 1, sim.DigitsTask(1))
	late := n.Nodes[3]
	late.Refuses = func(role.Action) bool {
		_, r := simtest.Newest(t, n)
		return r.Phase == spec.PhaseAggregate
	}
	simtest.Finish(t, n)
	if late.Done[aggregator.Combine{Task: spec.Task{ID: 1}, Round: spec.Round{Number: 1}}.Key()] != 0 {
		t.Error("it combined after the time to commit")
	}
}
