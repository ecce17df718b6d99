package round

import "github.com/althing-network/althing/spec"

// Obstacle is why a node cannot serve a task in a role. It is empty where the node can.
type Obstacle string

// What may keep a node from serving a task.
const (
	ObstacleRole       Obstacle = "role"       // the node does not have the role
	ObstacleStake      Obstacle = "stake"      // less of its stake is free than the task's bond
	ObstacleResources  Obstacle = "resources"  // it offers less than the task asks for
	ObstaclePolicy     Obstacle = "policy"     // its policy refuses the task, see [Refuses]
	ObstacleCapability Obstacle = "capability" // it does not do this kind of work
	ObstacleData       Obstacle = "data"       // it has no rows of the task's data set
	ObstacleRegistered Obstacle = "registered" // its rows are a registered data set, and the task promises no privacy
	ObstacleRows       Obstacle = "rows"       // it has fewer rows than the task asks for
	ObstacleAccuracy   Obstacle = "accuracy"   // its models were less accurate than the task asks for
)

// ObstacleOf is the first thing that keeps a node from serving a task in a role. It does
// not look at whether the node has a free slot. Bonded says that the task holds a bond of
// the node already; then no other bond is needed.
func ObstacleOf(t *spec.Task, n *spec.Node, role spec.Role, bonded bool) Obstacle {
	task := &t.Spec
	switch {
	case !n.Profile.Roles.Has(role):
		return ObstacleRole
	case !bonded && n.Free() < t.Bond():
		return ObstacleStake
	case !n.Profile.Resources.Covers(task.Selection.Resources):
		return ObstacleResources
	case Refuses(&n.Profile.Policy, t, role) != "":
		return ObstaclePolicy
	case role == spec.Aggregator:
		return ""
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
		return ObstacleData
	case holding.Dataset > 0 && (role == spec.Evaluator || !task.Private()):
		return ObstacleRegistered // its book counts what is lost: of a score or an update without noise that is everything
	case role == spec.Evaluator && !holding.Fits(task.Data.MinHoldout):
		return ObstacleRows
	case role == spec.Evaluator:
		return ""
	case !holding.Fits(task.Data.MinSamples):
		return ObstacleRows
	case accuracy < task.Selection.MinAccuracy:
		return ObstacleAccuracy
	}
	return ""
}
