package round

import (
	"fmt"
	"strings"

	"github.com/althing-network/althing/spec"
)

// Obstacle is the first reason why a node cannot serve a task in a role.
type Obstacle int

// What may keep a node from serving a task.
const (
	NoObstacle Obstacle = iota
	ObstacleRole
	ObstacleStake
	ObstacleResources
	ObstaclePolicy
	ObstacleCapability
	ObstacleDataset
	ObstacleRegistered // rows registered as a data set serve private tasks as a trainer only
	ObstacleRows
	ObstacleAccuracy
)

// ObstacleTo finds the first reason why a node that has a free slot cannot serve a task in
// a role. Bonded says that the task already holds a bond of the node, so it needs no other.
func ObstacleTo(t *spec.Task, n *spec.Node, role spec.Role, bonded bool) Obstacle {
	task := &t.Spec
	switch {
	case !n.Profile.Roles.Has(role):
		return ObstacleRole
	case !bonded && n.FreeStake() < t.Bond():
		return ObstacleStake
	case !n.Profile.Resources.Covers(task.Selection.Resources):
		return ObstacleResources
	case Refuses(&n.Profile.Policy, t, role) != "":
		return ObstaclePolicy
	case role == spec.Aggregator:
		return NoObstacle
	}
	if kind := task.Selection.Capability; kind != "" {
		if _, takes := n.Profile.Capability(kind); !takes {
			return ObstacleCapability
		}
	}
	accuracy, _ := n.Accuracy(task.Kind())
	holding, holds := n.Profile.Holding(task.Data.Name)
	switch {
	case !holds:
		return ObstacleDataset
	case holding.Dataset > 0 && (role == spec.Evaluator || !task.Private()):
		return ObstacleRegistered // its book counts lost privacy, and no book can pay for a score or an update without noise
	case role == spec.Evaluator && !holding.Fits(task.Data.MinHoldout):
		return ObstacleRows
	case role == spec.Evaluator:
		return NoObstacle
	case !holding.Fits(task.Data.MinSamples):
		return ObstacleRows
	case accuracy < task.Selection.MinAccuracy:
		return ObstacleAccuracy
	}
	return NoObstacle
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
	switch ObstacleTo(t, n, role, false) {
	case NoObstacle:
	case ObstacleRole:
		return fmt.Sprintf("the node does not have the role %s", role)
	case ObstacleStake:
		return fmt.Sprintf("the node has %s of free stake: the task bonds %s", spec.Money(n.FreeStake()), spec.Money(t.Bond()))
	case ObstacleResources:
		return "the task asks for more resources (selection.resources) than the node offers"
	case ObstaclePolicy:
		return "the node's policy refuses the task: the node " + Refuses(&profile.Policy, t, role)
	case ObstacleCapability:
		return fmt.Sprintf("the task asks for capability %q: the node does not offer it", task.Selection.Capability)
	case ObstacleDataset:
		return fmt.Sprintf("the task asks for data set %q: %s", task.Data.Name, holds(profile))
	case ObstacleRegistered:
		return fmt.Sprintf("the node's rows of %q are registered as a data set with a privacy budget: they serve private tasks only, as a trainer", task.Data.Name)
	case ObstacleRows:
		holding, _ := profile.Holding(task.Data.Name)
		return fmt.Sprintf("the node has %d rows of %q: the task asks for at least %d", holding.Samples, task.Data.Name, least)
	case ObstacleAccuracy:
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
