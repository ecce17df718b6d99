package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// State is a task and its newest round, or those parts of the round that a step
// [Needs]. Step never changes the State it is called on.
type State struct {
	Chain string // chain id, part of every commitment
	Task  spec.Task
	Round spec.Round // Number 0 before the first
}

// retry is how many blocks pass before the scheduler is asked again.
const retry = 5

// MaxLooks is how many tasks the end of one block looks at, those that wait for a
// committee or all others; the rest follow in the next block. Those that wait cost
// their owner nothing but a locked escrow, so they have a bound of their own and
// cannot hold up the others.
func MaxLooks(waiting bool) int {
	const maxServed, maxWaiting = 1000, 100
	if waiting {
		return maxWaiting
	}
	return maxServed
}

// MaxTrainersLooked is how many trainers the running rounds have together that the end
// of one block looks at: a round may ask thousands, and the block that settles it pays
// each of them. The task with which that number is reached is the last of its block.
const MaxTrainersLooked = 2 * spec.MaxTrainers

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
//
// The state must hold the parts of the round that the input [Needs]; it may hold
// no others, and the step is the same.
func (s State) Step(height int64, in Input) (State, []Effect, error) {
	if s.Task.State.Final() {
		return s, nil, ErrClosed
	}
	if in == nil {
		return s, nil, errUnexpectedInput
	}
	next := s.clone()
	effects, err := in.apply(&next, height)
	if err != nil {
		return s, nil, err
	}
	return next, effects, nil
}

// Only is the state with some parts of its round and no others.
func (s State) Only(p Parts) State {
	if !p.Trainers {
		var trainers []spec.Contribution
		for _, c := range s.Round.Trainers {
			if c.Node == p.Trainer || c.Height > 0 && c.Commitment == p.Commitment {
				trainers = append(trainers, c)
			}
		}
		s.Round.Trainers = trainers
	}
	if !p.Committee {
		s.Round.Aggregates, s.Round.Scores = nil, nil
	}
	if !p.Holds {
		s.Round.Aggregates = slices.Clone(s.Round.Aggregates)
		for i := range s.Round.Aggregates {
			s.Round.Aggregates[i].Holds = nil
		}
	}
	return s
}

// Running reports whether a round is under way.
func (s State) Running() bool {
	return s.Round.Number > 0 && !s.Round.Phase.Final()
}

func (s State) clone() State {
	s.Task.Aggregators = slices.Clone(s.Task.Aggregators)
	s.Task.Evaluators = slices.Clone(s.Task.Evaluators)
	s.Task.Faults = slices.Clone(s.Task.Faults)
	s.Round.Committed = slices.Clone(s.Round.Committed)
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
