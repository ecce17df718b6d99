package roletest

import (
	"fmt"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Say is a message of a node to the chain; the error is the chain's refusal.
func (n *Network) Say(node uint64, m client.Message) error {
	task, in := input(node, m)
	if in == nil {
		return fmt.Errorf("a round has no use for a %T", m)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if task == 0 || task > uint64(len(n.tasks)) {
		return client.ErrTaskNotFound
	}
	return n.step(task, in)
}

// input is what a message means to the round machine.
func input(node uint64, m client.Message) (task uint64, in round.Input) {
	switch m := m.(type) {
	case client.Ready:
		return m.Task, round.Ready{Node: node, Digest: m.Digest}
	case client.Commit:
		return m.Task, round.Commit{Node: node, Round: m.Round, Commitment: m.Commitment, Samples: m.Samples, Correct: m.Correct}
	case client.Attest:
		return m.Task, round.Attest{Node: node, Round: m.Round, Holds: m.Holds}
	case client.CommitAggregate:
		return m.Task, round.CommitAggregate{Node: node, Round: m.Round, Commitment: m.Commitment}
	case client.RevealAggregate:
		return m.Task, round.RevealAggregate{Node: node, Round: m.Round, Digest: m.Digest, Salt: m.Salt}
	case client.CommitScore:
		return m.Task, round.CommitScore{Node: node, Round: m.Round, Commitment: m.Commitment}
	case client.RevealScore:
		return m.Task, round.RevealScore{Node: node, Round: m.Round, Score: m.Score, Salt: m.Salt}
	case client.CancelTask:
		return m.Task, round.Cancel{}
	}
	return 0, nil
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
func (n *Network) duties(node uint64) (duties []client.Duty) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, s := range n.tasks {
		if slices.Contains(s.Engaged(), node) {
			duties = append(duties, client.Duty{Task: s.Task, Round: s.Round})
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
