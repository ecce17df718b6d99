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

// TestLiarIsNamed: an aggregator that reveals another model than the others is named with a
// fault and slashed, and the rounds go on with the right model.
func TestLiarIsNamed(t *testing.T) {
	n := simtest.Open(t, 3, sim.DigitsTask(2))
	n.Nodes[1].Machines = func() []role.Machine { return []role.Machine{&aggregator.Machine{Node: 2, Liar: true}} }
	n.Nodes[1].Restart()
	task := simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	all := simtest.SettledRounds(t, n)
	lie := all[0].Aggregates[1].Digest
	// the fine is 1/50 of the minimum bond, and is taken in each of the two rounds
	want := []spec.Fault{{Round: 1, Node: 2, Kind: spec.FaultWrongAggregate, Digest: lie, Burned: 2 * 200}}
	if diff := cmp.Diff(want, task.Faults); diff != "" {
		t.Error(diff)
	}
	if lie == all[0].Next || task.Accepted != 2 {
		t.Errorf("the liar revealed %s, the round accepted %s; %d rounds accepted, want 2", lie.Short(), all[0].Next.Short(), task.Accepted)
	}
}

// refusesUploads is the policy of an aggregator that accepts no upload.
type refusesUploads struct{ blob.Policy }

func (refusesUploads) MayPut(context.Context, blob.Caller, blob.Ref, blob.Entry) error {
	return blob.ErrForbidden
}

// TestAggregatorFetchesMissingUpdates: an aggregator that got no upload fetches the updates
// from the other aggregators, and computes the same model.
func TestAggregatorFetchesMissingUpdates(t *testing.T) {
	n := simtest.Open(t, 3, sim.DigitsTask(1))
	cut := n.Nodes[3]
	cut.Policy = refusesUploads{cut.Policy}
	simtest.Finish(t, n)
	simtest.WantNoErrors(t, n)
	r := simtest.SettledRounds(t, n)[0]
	if a := r.Aggregates[3]; a.Attested != 0 || a.Digest != r.Next {
		t.Fatalf("aggregator %d attested at height %d (want 0) and revealed %s, the round accepted %s", a.Node, a.Attested, a.Digest.Short(), r.Next.Short())
	}
	labels, err := cut.Tools.Store.Labels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	labels = slices.DeleteFunc(labels, func(l blob.Label) bool { return l.Kind != blob.Update })
	if len(labels) != 3 {
		t.Errorf("aggregator 4 holds %d updates, want 3: %v", len(labels), labels)
	}
}

// TestAggregatorWithoutCommitmentDoesNotCompute: an aggregator that did not commit in time does
// not compute the model in the phase reveal.
func TestAggregatorWithoutCommitmentDoesNotCompute(t *testing.T) {
	n := simtest.Open(t, 1, sim.DigitsTask(1))
	late := n.Nodes[3]
	late.Refuses = func(role.Action) bool {
		_, r := simtest.Newest(t, n)
		return r.Phase == spec.PhaseAggregate
	}
	simtest.Finish(t, n)
	if late.Done[aggregator.Combine{Task: spec.Task{ID: 1}, Round: spec.Round{Number: 1}}.Key()] != 0 {
		t.Error("the aggregator computed the model after the phase aggregate")
	}
}
