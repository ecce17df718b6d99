package round

import (
	"slices"

	"github.com/althing-network/althing/spec"
)

func (Tick) apply(s *State, height int64) ([]Effect, error) {
	if height < s.Task.Due {
		return nil, nil
	}
	return s.tick(height), nil
}

func (in Cancel) apply(s *State, height int64) ([]Effect, error) {
	switch {
	case in.Owner != s.Task.Owner:
		return nil, ErrNotOwner
	case s.Task.Cancelling:
		return nil, ErrAlreadyClosing
	}
	s.Task.Cancelling = true
	if !s.Running() {
		s.Task.Due = height
	}
	return nil, nil
}

// tick looks at the task at the end of a block: it closes what can be closed
// and says when it must be looked at again.
func (s *State) tick(height int64) []Effect {
	if s.Running() {
		return s.advance(height)
	}
	if s.Task.Cancelling {
		return s.close(height, spec.TaskCancelled, "cancelled by its owner")
	}
	deadline := s.selectDeadline()
	switch s.Task.State {
	case spec.TaskPreparing:
		if model, ok := s.prepared(); ok {
			s.Task.Model = model
			s.Task.State, s.Task.Since = spec.TaskRunning, height
			s.wait(height)
			return []Effect{Publish{Model: model}, AskTrainers{}}
		}
		s.Task.Due = deadline
		if height >= deadline {
			return append(s.unready(), s.close(height, spec.TaskFailed, "the committee did not get ready")...)
		}
		return nil
	default: // waiting for a committee, or running and between two rounds
		if height >= deadline {
			return s.close(height, spec.TaskFailed, ErrResources.Error())
		}
		s.wait(height)
		if s.Task.State == spec.TaskWaiting {
			return []Effect{AskCommittee{}}
		}
		return []Effect{AskTrainers{}}
	}
}

// selectDeadline is how long the task waits for participants, or they prepare.
func (s *State) selectDeadline() int64 {
	return s.Task.Since + int64(s.Task.Spec.Deadlines.Select)
}

// wait has the scheduler asked again after a while.
func (s *State) wait(height int64) {
	s.Task.Due = min(height+retry, s.selectDeadline())
}

func (in Select) apply(s *State, height int64) ([]Effect, error) {
	selection := s.Task.Spec.Selection
	switch {
	case s.Task.Cancelling:
		return nil, ErrSelection
	case s.Task.State == spec.TaskWaiting:
		if len(in.Aggregators) != int(selection.Aggregators) || len(in.Evaluators) != int(selection.Evaluators) ||
			!distinct(nodeIDs(in.Aggregators), nodeIDs(in.Evaluators)) {
			return nil, ErrSelection
		}
		s.Task.Aggregators = slices.Clone(in.Aggregators)
		s.Task.Evaluators = slices.Clone(in.Evaluators)
		s.Task.State, s.Task.Since = spec.TaskPreparing, height
		s.Task.Due = s.selectDeadline()
		return []Effect{Engage{s.committee()}, AskReady{Deadline: height + int64(s.Task.Spec.Deadlines.Select)}}, nil
	case s.Task.State == spec.TaskRunning && !s.Running():
		if len(in.Trainers) < int(selection.MinTrainers) || len(in.Trainers) > selection.Asked() ||
			!distinct(in.Trainers, nodeIDs(s.Task.Evaluators)) {
			return nil, ErrSelection
		}
		return s.open(height, in.Trainers), nil
	}
	return nil, ErrSelection
}

// prepared reports model 0 once the evaluators of two thirds of the stake hold
// their shards.
func (s *State) prepared() (spec.Digest, bool) {
	var holding uint64
	for _, e := range s.Task.Evaluators {
		if !e.Ready.IsZero() {
			holding += weight(e.Stake)
		}
	}
	if holding < s.scoreQuorum() {
		return spec.Digest{}, false
	}
	return s.modelZero()
}

// modelZero is the model 0 that 2f+1 aggregators attest.
func (s *State) modelZero() (spec.Digest, bool) {
	digests := make([]spec.Digest, 0, len(s.Task.Aggregators))
	for _, a := range s.Task.Aggregators {
		if !a.Ready.IsZero() {
			digests = append(digests, a.Ready)
		}
	}
	return agreed(digests, s.Task.Spec.Selection.Quorum())
}

// agreed finds the digest that occurs at least quorum times.
func agreed(digests []spec.Digest, quorum int) (spec.Digest, bool) {
	for _, d := range digests {
		count := 0
		for _, other := range digests {
			if other == d {
				count++
			}
		}
		if count >= quorum {
			return d, true
		}
	}
	return spec.Digest{}, false
}

// open begins the next round.
func (s *State) open(height int64, trainers []uint64) []Effect {
	s.Task.Round++
	r := spec.Round{
		Task: s.Task.ID, Number: s.Task.Round, Phase: spec.PhaseTrain, Base: s.Task.Model,
		Opened: height, Since: height, Deadline: height + int64(s.Task.Spec.Deadlines.Train),
	}
	trainers = slices.Sorted(slices.Values(trainers))
	r.Asked, s.Task.Due = uint32(len(trainers)), r.Deadline
	for i, node := range trainers {
		r.Trainers = append(r.Trainers, spec.Contribution{Node: node, Bit: uint32(i)})
	}
	for _, m := range s.Task.Aggregators {
		r.Aggregates = append(r.Aggregates, spec.Aggregate{Node: m.Node})
	}
	for _, m := range s.Task.Evaluators {
		if !m.Ready.IsZero() {
			r.Scores = append(r.Scores, spec.Evaluation{Node: m.Node, Stake: m.Stake})
		}
	}
	s.Round = r
	return []Effect{Engage{trainers}, OpenTraining{Round: r.Number, Trainers: trainers, Deadline: r.Deadline}}
}

// between ends a round and decides what follows it.
func (s *State) between(height int64) []Effect {
	s.Round.Closed = height
	s.Task.Since = height
	s.wait(height)
	effects := []Effect{Release{s.trainers()}}
	target := s.Task.Spec.Target
	switch {
	case s.Round.Scored && target.Accuracy > 0 && s.Round.Score >= target.Accuracy:
		return append(effects, s.close(height, spec.TaskReached, "target reached")...)
	case s.Task.Accepted >= target.Rounds:
		return append(effects, s.close(height, spec.TaskSpent, "all rounds run")...)
	case s.Task.Aborted > s.Task.Spec.Retries:
		return append(effects, s.close(height, spec.TaskFailed, "too many aborted rounds: "+s.Round.Reason)...)
	case s.Task.Cancelling:
		return append(effects, s.close(height, spec.TaskCancelled, "cancelled by its owner")...)
	}
	return append(effects, AskTrainers{})
}

func (s *State) close(height int64, state spec.TaskState, why string) []Effect {
	s.Task.State, s.Task.Reason, s.Task.Since, s.Task.Closed = state, why, height, height
	s.Task.Refunded = Held(s.Task)
	s.Task.Due = 0
	var effects []Effect
	if len(s.Task.Aggregators) > 0 {
		effects = append(effects, Release{s.committee()})
	}
	if survivors := s.survivors(); s.Round.Phase == spec.PhaseSettled && s.Round.Scored && len(survivors) > 0 {
		effects = append(effects, Measure{Nodes: survivors, Dataset: s.Task.Spec.Data.Name, Accuracy: s.Round.Score})
	}
	return append(effects, Close{State: state, Why: why, Refund: s.Task.Refunded})
}

// unready gives a demerit to every member of the committee that never said it
// was ready.
func (s *State) unready() (effects []Effect) {
	for _, m := range slices.Concat(s.Task.Aggregators, s.Task.Evaluators) {
		if m.Ready.IsZero() {
			effects = append(effects, Demerit{Node: m.Node, Why: "silent in the preparation"})
		}
	}
	return effects
}
