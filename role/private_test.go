package role_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/blobstest"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// TestModelForMembers: a task whose model is for members gives the same models as a public task.
// It runs with an optimiser that has a state, an aggregator that has lost its blobs and a trainer
// that restarts. Afterwards members can verify every round over HTTP. Strangers get no model and
// no state, not even from a trainer that serves what it fetched.
func TestModelForMembers(t *testing.T) {
	run := func(access string) (*sim.Network, spec.Task) {
		rules := sim.DigitsTask(3)
		rules.Audit, rules.Model.Access = spec.AuditMembers, access
		rules.Aggregation.Optimiser, rules.Aggregation.Rate, rules.Aggregation.Momentum = spec.ServerFedAvgM, 500_000, 500_000
		n := simtest.Open(t, 3, rules)
		simtest.Reach(t, n, 2, spec.PhaseTrain)
		n.Nodes[2].Use(blob.NewMemory())
		n.Nodes[first-1].Restart()
		task := simtest.Finish(t, n)
		simtest.WantNoErrors(t, n)
		return n, task
	}
	_, public := run(spec.AccessPublic)
	n, task := run(spec.AccessMembers)
	if task.Accepted != 3 || task.Model != public.Model {
		t.Errorf("%d rounds accepted, want 3; model %s, the public task has %s", task.Accepted, task.Model.Short(), public.Model.Short())
	}
	outsider, err := n.Join(sim.Member{Roles: spec.Trainer})
	if err != nil {
		t.Fatal(err)
	}
	as := func(node uint64, places map[uint64]blobstest.Peer) role.Tools {
		return role.Tools{Blobs: overHTTP(t, simtest.Chain, node, places), Store: blob.NewMemory()}
	}
	all := simtest.SettledRounds(t, n)
	for _, r := range all {
		for _, member := range []uint64{5, first} { // an evaluator and a trainer
			if got, err := aggregator.Verify(t.Context(), as(member, places(n)), task, r); err != nil || got != r.Next {
				t.Errorf("round %d: node %d recomputes %s, %v", r.Number, member, got.Short(), err)
			}
		}
	}
	get := func(tools role.Tools, r spec.Round) error {
		next, err := tools.Model(t.Context(), task, r.Next)
		if err == nil && !next.State.IsZero() {
			_, err = tools.State(t.Context(), task, []string{"momentum"}, next.State)
		}
		return err
	}
	trained := n.Nodes[first-1]
	task.Aggregators = append(task.Aggregators, spec.Member{Node: trained.ID}) // so a stranger asks it as well
	served := places(n)
	served[trained.ID] = blobstest.Peer{Store: trained.Serves, Policy: trained.Policy}
	for _, r := range all {
		for _, node := range []uint64{0, outsider.ID} {
			if err := get(as(node, served), r); !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("round %d: node %d fetches the model: got error %v, want not found", r.Number, node, err)
			}
		}
	}

	// Without the defence a stranger gets every version and every state.
	for _, node := range n.Nodes[:sim.Aggregators] {
		node.Policy = lax{node.Policy}
	}
	for _, r := range all {
		if err := get(as(0, places(n)), r); err != nil {
			t.Errorf("round %d: an aggregator without the policy keeps a stranger out: %v", r.Number, err)
		}
	}
}
