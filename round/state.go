package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// State is a task and its newest round. Step never changes the State it is
// called on.
type State struct {
	Chain string // chain id, part of every commitment
	Task  spec.Task
	Round spec.Round // Number 0 before the first
}

// retry is how many blocks pass before the scheduler is asked again.
const retry = 5

// New is the state of a task that was just created: it waits for a committee.
func New(chain string, id uint64, owner string, task spec.TaskSpec, height int64) State {
	return State{Chain: chain, Task: spec.Task{
		ID: id, Owner: owner, Spec: task, State: spec.TaskWaiting,
		Created: height, Since: height, Due: height,
	}}
}

// Step applies one input at a height, which is above zero and never falls. A
// refused input is an error, and the state that comes back with it is the one
// Step was called on. A [Tick] below Task.Due does nothing.
func (s State) Step(height int64, in Input) (State, []Effect, error) {
	if s.Task.State.Final() {
		return s, nil, ErrClosed
	}
	next := s.clone()
	var effects []Effect
	var err error
	switch in := in.(type) {
	case Tick:
		if height >= s.Task.Due {
			effects = next.tick(height)
		}
	case Select:
		effects, err = next.selected(height, in)
	case Ready:
		err = next.ready(in)
	case Commit:
		err = next.commit(height, in)
	case Attest:
		err = next.attest(height, in)
	case CommitAggregate:
		err = next.commitAggregate(height, in)
	case RevealAggregate:
		err = next.revealAggregate(height, in)
	case CommitScore:
		err = next.commitScore(height, in)
	case RevealScore:
		err = next.revealScore(height, in)
	case Cancel:
		err = next.cancel()
	default:
		err = errUnexpectedInput
	}
	if err != nil {
		return s, nil, err
	}
	if _, ok := in.(Tick); !ok {
		next.Task.Due = height // so that the block's end looks at it
	}
	return next, effects, nil
}

// Running reports whether a round is under way.
func (s State) Running() bool {
	return s.Round.Number > 0 && !s.Round.Phase.Final()
}

func (s State) clone() State {
	s.Task.Aggregators = slices.Clone(s.Task.Aggregators)
	s.Task.Evaluators = slices.Clone(s.Task.Evaluators)
	s.Task.Faults = slices.Clone(s.Task.Faults)
	s.Round.Trainers = slices.Clone(s.Round.Trainers)
	s.Round.Aggregates = slices.Clone(s.Round.Aggregates)
	s.Round.Scores = slices.Clone(s.Round.Scores)
	return s
}

// Engaged lists the nodes that serve the task now, once for each part they have.
func (s State) Engaged() []uint64 {
	if s.Task.State.Final() {
		return nil
	}
	if s.Running() {
		return append(s.committee(), s.trainers()...)
	}
	return s.committee()
}

func (s State) slot(node uint64) spec.Slot {
	return spec.Slot{Chain: s.Chain, Task: s.Task.ID, Round: s.Round.Number, Node: node}
}

func (s State) committee() []uint64 {
	return nodeIDs(slices.Concat(s.Task.Aggregators, s.Task.Evaluators))
}

func (s State) trainers() []uint64 {
	nodes := make([]uint64, len(s.Round.Trainers))
	for i, t := range s.Round.Trainers {
		nodes[i] = t.Node
	}
	return nodes
}

func nodeIDs(members []spec.Member) []uint64 {
	ids := make([]uint64, len(members))
	for i, m := range members {
		ids[i] = m.Node
	}
	return ids
}

// distinct reports whether no id is zero and none occurs twice.
func distinct(groups ...[]uint64) bool {
	ids := slices.Concat(groups...)
	slices.Sort(ids)
	return len(ids) > 0 && ids[0] > 0 && len(slices.Compact(ids)) == len(ids)
}

func (s State) survivors() (nodes []uint64) {
	for _, t := range s.Round.Trainers {
		if t.Survivor {
			nodes = append(nodes, t.Node)
		}
	}
	return nodes
}
