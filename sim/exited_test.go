package sim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestExitedNodesKeepTheirModels: nodes that have taken their stake out and left keep their
// own copies of the model that they helped to make, also after the task's retention time.
func TestExitedNodesKeepTheirModels(t *testing.T) {
	n := digits(t, sim.Config{}, 3, sim.DigitsTask(2))
	n.Rules.Unbonding = 10 * spec.Second
	task := finish(t, n)
	holders := func() (ids []uint64) {
		for _, node := range n.Nodes {
			b, err := role.ReadBlob(t.Context(), node.Tools.Store, task.Model)
			if err != nil {
				continue
			}
			if _, err := model.Decode(task.Spec.Model, task.Spec.Data, b); err != nil || spec.DigestOf(b) != task.Model {
				t.Errorf("node %d holds other bytes than the model: %v", node.ID, err)
			}
			ids = append(ids, node.ID)
		}
		return ids
	}
	before := holders()
	if len(before) < sim.Aggregators {
		t.Fatalf("nodes %v hold the result: want all aggregators", before)
	}
	for _, node := range n.Nodes {
		if err := n.Exit(node.ID); err != nil {
			t.Fatal(err)
		}
	}
	gone := func() bool {
		for _, node := range n.Nodes {
			if has, _ := n.Node(node.ID); has.State != spec.NodeExited {
				return false
			}
		}
		return true
	}
	if err := n.Until(t.Context(), 1000, gone); err != nil {
		t.Fatal(err)
	}
	for _, node := range n.Nodes {
		if n.Balance(node.Owner) < 100 {
			t.Errorf("node %d did not get its stake back", node.ID)
		}
		late := n.Time().After(task.Spec.Retain).After(spec.Hour)
		if _, err := role.Prune(t.Context(), node.Tools, n.Records(), role.Saw{Now: late}); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(before, holders()); d != "" {
		t.Errorf("nodes that hold the model after all have exited (-before +after):\n%s", d)
	}
}
