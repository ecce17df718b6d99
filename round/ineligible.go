package round

import (
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

// obstacle is the first reason why a node cannot serve a task in a role.
type obstacle int

const (
	noObstacle obstacle = iota
	obstacleRole
	obstacleStake
	obstacleResources
	obstaclePolicy
	obstacleCapability
	obstacleDataset
	obstacleRegistered // rows registered as a data set serve private tasks as a trainer only
	obstacleRows
	obstacleAccuracy
)

// obstacleTo finds the first reason why a node that has a free slot cannot serve a task in
// a role. Bonded says that the task already holds a bond of the node, so it needs no other.
func obstacleTo(t *spec.Task, n *spec.Node, role spec.Role, bonded bool) obstacle {
	task := &t.Spec
	switch {
	case !n.Profile.Roles.Has(role):
		return obstacleRole
	case !bonded && n.Free() < t.Bond():
		return obstacleStake
	case !n.Profile.Resources.Covers(task.Selection.Resources):
		return obstacleResources
	case Refuses(&n.Profile.Policy, t, role) != "":
		return obstaclePolicy
	case role == spec.Aggregator:
		return noObstacle
	}
	if kind := task.Selection.Capability; kind != "" {
		if _, takes := n.Profile.Capability(kind); !takes {
			return obstacleCapability
		}
	}
	accuracy, _ := n.Accuracy(task.Kind())
	holding, holds := n.Profile.Holding(task.Data.Name)
	switch {
	case !holds:
		return obstacleDataset
	case holding.Dataset > 0 && (role == spec.Evaluator || !task.Private()):
		return obstacleRegistered // its book counts what is lost: of a score or an update without noise that is everything
	case role == spec.Evaluator && !holding.Fits(task.Data.MinHoldout):
		return obstacleRows
	case role == spec.Evaluator:
		return noObstacle
	case !holding.Fits(task.Data.MinSamples):
		return obstacleRows
	case accuracy < task.Selection.MinAccuracy:
		return obstacleAccuracy
	}
	return noObstacle
}

// Ineligible is why the scheduler does not select a node for a task in a role, as text for
// the node's operator; empty: the node is eligible. A node without a free slot is not
// selected either, nor one for which nobody pays in a private task.
func Ineligible(t *spec.Task, n *spec.Node, role spec.Role) (why string) {
	task, profile := &t.Spec, &n.Profile
	if !n.Selectable() {
		return fmt.Sprintf("the node is %s: want %s", n.State, spec.NodeActive)
	}
	least := task.Data.MinSamples
	if role == spec.Evaluator {
		least = task.Data.MinHoldout
	}
	switch obstacleTo(t, n, role, false) {
	case obstacleRole:
		return fmt.Sprintf("the node does not have the role %s", role)
	case obstacleStake:
		return fmt.Sprintf("the node has %d uthing of free stake: the task bonds %d uthing", n.Free(), t.Bond())
	case obstacleResources:
		return "the task asks for more resources (selection.resources) than the node offers"
	case obstaclePolicy:
		return "the node's policy refuses the task: the node " + Refuses(&profile.Policy, t, role)
	case obstacleCapability:
		return fmt.Sprintf("the task asks for capability %q: the node does not offer it", task.Selection.Capability)
	case obstacleDataset:
		return fmt.Sprintf("the task asks for data set %q: %s", task.Data.Name, holds(profile))
	case obstacleRegistered:
		return fmt.Sprintf("the node's rows of %q are registered as a data set with a privacy budget: they serve private tasks only, as a trainer", task.Data.Name)
	case obstacleRows:
		holding, _ := profile.Holding(task.Data.Name)
		return fmt.Sprintf("the node has %d rows of %q: the task asks for at least %d", holding.Samples, task.Data.Name, least)
	case obstacleAccuracy:
		accuracy, _ := n.Accuracy(task.Kind())
		return fmt.Sprintf("the node's accuracy is %s: the task asks for at least %s", accuracy, task.Selection.MinAccuracy)
	}
	if n.Busy >= profile.Slots {
		return fmt.Sprintf("the node serves other tasks in all its slots (%d)", profile.Slots)
	}
	return ""
}

// holds says which data sets a node has.
func holds(p *spec.Profile) string {
	if len(p.Holdings) == 0 {
		return "the node has none"
	}
	names := make([]string, len(p.Holdings))
	for i, h := range p.Holdings {
		names[i] = fmt.Sprintf("%q", h.Name)
	}
	return "the node has " + strings.Join(names, ", ")
}
