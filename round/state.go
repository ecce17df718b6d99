package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

// State is a task with its running rounds, or with those parts of the rounds that a step
// [Needs]. Step never changes the State it is called on.
type State struct {
	Task  spec.Task
	Round spec.Round // the newest one; Number 0 before the first
	// Scoring is an earlier round that is still being scored while the newest one trains, if
	// Task.Scoring is its number. The step that settles it returns it settled, once.
	Scoring spec.Round
}

// MaxTasksPerBlock is how many due tasks get a [Tick] at the end of one block, of those that
// wait for a committee or of all others. The next block takes the rest. A waiting task costs
// its owner nothing but a locked escrow, so waiting tasks have a limit of their own and
// cannot delay the others.
func MaxTasksPerBlock(waiting bool) int {
	const maxServed, maxWaiting = 1000, 100
	if waiting {
		return maxWaiting
	}
	return maxServed
}

// MaxTrainersPerBlock limits the trainers in the running rounds of all tasks that get a
// [Tick] at the end of one block: a round may ask thousands, and the block that settles it
// pays each of them. The task with which the limit is reached is the last one of the block.
const MaxTrainersPerBlock = 2 * spec.MaxTrainers

// New is the state of a task that was just created on a chain: it waits for a committee.
func New(chain string, id uint64, owner string, task spec.TaskSpec, tariff spec.Tariff, at Moment) State {
	return State{Task: spec.Task{
		ID: id, Chain: chain, Owner: owner, Spec: task, Tariff: tariff, State: spec.TaskWaiting,
		Created: at.Height, Since: at.Time, Due: at.Time,
	}}
}

// Step applies one input at a moment, whose height and time are above zero and never fall.
// If the input is refused, Step returns an error and the state it was called on. A [Tick]
// before Task.Due does nothing.
//
// The state must hold the parts of the rounds that the input [Needs]. Other parts make no
// difference.
func (s State) Step(at Moment, in Input) (State, []Effect, error) {
	if s.Task.State.Final() && !evidence(in) {
		return s, nil, ErrClosed
	}
	if in == nil {
		return s, nil, errUnexpectedInput
	}
	if in == (Tick{}) && at.Time < s.Task.Due {
		return s, nil, nil
	}
	next := s.clone()
	if s.Task.Scoring == 0 {
		next.Scoring = spec.Round{}
	}
	effects, err := in.apply(&next, at)
	if err != nil {
		return s, nil, err
	}
	return next, effects, nil
}

// Only is the state without the parts of its rounds that p does not name.
func (s State) Only(p Parts) State {
	s.Round, s.Scoring = only(s.Round, p.ForRound(s.Round.Number)), only(s.Scoring, p.ForRound(s.Scoring.Number))
	return s
}

func only(r spec.Round, p Parts) spec.Round {
	if !p.Trainers {
		var trainers []spec.Contribution
		for _, c := range r.Trainers {
			if c.Node == p.Trainer || c.Height > 0 && c.Commitment == p.Commitment {
				trainers = append(trainers, c)
			}
		}
		r.Trainers = trainers
	}
	if !p.Aggregates {
		r.Aggregates, r.Committed = nil, nil
	}
	if !p.Scores {
		r.Scores = nil
	}
	if !p.Holds {
		r.Aggregates, r.Scores = slices.Clone(r.Aggregates), slices.Clone(r.Scores)
		for i := range r.Aggregates {
			r.Aggregates[i].Holds = nil
		}
		for i := range r.Scores {
			r.Scores[i].Counts = nil
		}
	}
	return r
}

// OpenRounds lists the running rounds, the earlier one first.
func (s State) OpenRounds() (rounds []spec.Round) {
	if s.Task.Scoring > 0 {
		rounds = append(rounds, s.Scoring)
	}
	if s.Running() {
		rounds = append(rounds, s.Round)
	}
	return rounds
}

// Running reports whether the newest round is under way.
func (s State) Running() bool {
	return s.Round.Number > 0 && !s.Round.Phase.Final()
}

func (s State) clone() State {
	s.Task.Aggregators = slices.Clone(s.Task.Aggregators)
	s.Task.Evaluators = slices.Clone(s.Task.Evaluators)
	s.Task.Faults = slices.Clone(s.Task.Faults)
	s.Task.Revisions = slices.Clone(s.Task.Revisions)
	s.Task.Nominee.Attested = slices.Clone(s.Task.Nominee.Attested)
	s.Round, s.Scoring = clone(s.Round), clone(s.Scoring)
	return s
}

func clone(r spec.Round) spec.Round {
	r.Committed = slices.Clone(r.Committed)
	r.Trainers = slices.Clone(r.Trainers)
	r.Aggregates = slices.Clone(r.Aggregates)
	r.Scores = slices.Clone(r.Scores)
	return r
}

// EngagedNodes lists the nodes that serve the task now, once for each of their roles in it.
func (s State) EngagedNodes() []uint64 {
	if s.Task.State.Final() {
		return nil
	}
	nodes := s.committee()
	for _, r := range s.OpenRounds() {
		nodes = append(nodes, trainers(&r)...)
	}
	return nodes
}

func (s State) slot(r *spec.Round, node uint64) spec.Slot {
	return s.Task.Slot(r.Number, node)
}

func (s State) committee() []uint64 {
	return nodeIDs(slices.Concat(s.Task.Aggregators, s.Task.Evaluators))
}

func trainers(r *spec.Round) []uint64 {
	nodes := make([]uint64, len(r.Trainers))
	for i, t := range r.Trainers {
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

// distinct reports whether there are ids, none is zero and none occurs twice.
func distinct(groups ...[]uint64) bool {
	ids := slices.Concat(groups...)
	slices.Sort(ids)
	return len(ids) > 0 && ids[0] > 0 && len(slices.Compact(ids)) == len(ids)
}

func survivors(r *spec.Round) (nodes []uint64) {
	for _, t := range r.Trainers {
		if t.Survivor {
			nodes = append(nodes, t.Node)
		}
	}
	return nodes
}
