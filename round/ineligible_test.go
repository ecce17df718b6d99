package round_test

import (
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestIneligible: the operator of a node gets the first reason why it is not selected. The
// scheduler selects the node exactly if there is no reason.
func TestIneligible(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*spec.Task, *spec.Node)
		want   string
	}{
		"eligible":   {func(*spec.Task, *spec.Node) {}, ""},
		"role":       {func(_ *spec.Task, n *spec.Node) { n.Profile.Roles = spec.Evaluator }, "the node does not have the role trainer"},
		"pending":    {func(_ *spec.Task, n *spec.Node) { n.State = spec.NodePending }, "the node is pending: want active"},
		"stake":      {func(s *spec.Task, _ *spec.Node) { s.Spec.Selection.MinStake = 101 }, "the node has 0.0001 THING of free stake: the task bonds 0.000101 THING"},
		"resources":  {func(s *spec.Task, _ *spec.Node) { s.Spec.Selection.Resources.CPU = 3 }, "the task asks for more resources (selection.resources) than the node offers"},
		"policy":     {func(_ *spec.Task, n *spec.Node) { n.Profile.Policy.Owners = []string{"another"} }, "the node's policy refuses the task: the node serves only other owners"},
		"capability": {func(s *spec.Task, _ *spec.Node) { s.Spec.Selection.Capability = "vision" }, `the task asks for capability "vision": the node does not offer it`},
		"data set":   {func(s *spec.Task, _ *spec.Node) { s.Spec.Data.Name = "Digits" }, `the task asks for data set "Digits": the node has "digits"`},
		"no rows":    {func(_ *spec.Task, n *spec.Node) { n.Profile.Holdings = nil }, `the task asks for data set "digits": the node has none`},
		"registered": {
			func(_ *spec.Task, n *spec.Node) { n.Profile.Holdings[0].Dataset = 1 },
			`the node's rows of "digits" are registered as a data set with a privacy budget: they serve private tasks only, as a trainer`,
		},
		"few rows": {func(s *spec.Task, _ *spec.Node) { s.Spec.Data.MinSamples = 51 }, `the node has 50 rows of "digits": the task asks for at least 51`},
		"accuracy": {func(s *spec.Task, _ *spec.Node) { s.Spec.Selection.MinAccuracy = 700_000 }, "the node's accuracy is 0.6: the task asks for at least 0.7"},
		"slots":    {func(_ *spec.Task, n *spec.Node) { n.Busy = 1 }, "the node serves other tasks in all its slots (1)"},
	} {
		s := round.State{Task: spec.Task{Spec: task()}}
		s.Task.Spec.Selection.MinTrainers = 1
		n := node(1, spec.Trainer)
		c.change(&s.Task, &n)
		if got := round.Ineligible(&s.Task, &n, spec.Trainer); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		_, err := round.Trainers(s, round.NewRoster(n))
		if selected := err == nil; selected != (c.want == "") {
			t.Errorf("%s: selected %v (%v)", name, selected, err)
		}
	}
	holdout := spec.Task{Spec: task()}
	holdout.Spec.Data.MinHoldout = 60
	n := node(1, spec.Evaluator)
	if got, want := round.Ineligible(&holdout, &n, spec.Evaluator), `the node has 50 rows of "digits": the task asks for at least 60`; got != want {
		t.Errorf("an evaluator with too few rows: got %q, want %q", got, want)
	}
}
