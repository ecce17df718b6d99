package roletest

import (
	"slices"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Say gives a task an input that a node says; the error is the chain's refusal.
// Whose node the input names is for the caller to mind.
func (n *Network) Say(task uint64, in round.Input) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if task == 0 || task > uint64(len(n.tasks)) {
		return round.ErrTaskNotFound
	}
	return n.step(task, in)
}

// end ends the block: every open task is looked at, and the scheduler answers.
func (n *Network) end() {
	n.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.tasks {
		if n.tasks[i].Task.State.Final() {
			continue
		}
		if err := n.step(uint64(i)+1, round.Tick{}); err != nil {
			n.Fatalf("height %d: end of block: %v", n.height, err)
		}
	}
	n.height++
}

// step gives an input to a task and carries out what it asks for.
func (n *Network) step(task uint64, in round.Input) error {
	next, effects, err := n.tasks[task-1].Step(n.height, in)
	if err != nil {
		return err
	}
	n.tasks[task-1] = next
	if next.Round.Number > 0 {
		n.rounds[[2]uint64{task, next.Round.Number}] = next.Round
	}
	n.Effects = append(n.Effects, effects...)
	for _, e := range effects {
		var selected round.Select
		switch e.(type) {
		case round.AskCommittee:
			selected, err = round.Committee(next.Task.Spec, n.registry())
		case round.AskTrainers:
			selected, err = round.Trainers(next.Task, n.registry())
		default:
			continue
		}
		if err != nil {
			continue // too few nodes: the task asks again, or closes
		}
		if err := n.step(task, selected); err != nil {
			return err
		}
	}
	return nil
}

// Height is the height of the block in the making.
func (n *Network) Height() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.height
}

// duties lists the open tasks in which a node has a part, as the chain does.
func (n *Network) duties(node uint64) (duties []role.Duty) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.tasks {
		if slices.Contains(s.Engaged(), node) {
			duties = append(duties, role.Duty{Task: s.Task, Round: s.Round})
		}
	}
	return duties
}

func (n *Network) registry() []spec.Node {
	nodes := make([]spec.Node, len(n.Nodes))
	for i, node := range n.Nodes {
		nodes[i] = node.Node
	}
	return nodes
}

// Paid is what a node was paid so far, in uthing.
func (n *Network) Paid(node uint64) (sum uint64) {
	for _, e := range n.Effects {
		if pay, ok := e.(round.Pay); ok && pay.Node == node {
			sum += pay.Amount
		}
	}
	return sum
}
