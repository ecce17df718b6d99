package round

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/althing-network/althing/spec"
)

func (Tick) apply(s *State, at Moment) ([]Effect, error) { return s.tick(at), nil }

func (in Cancel) apply(s *State, at Moment) ([]Effect, error) {
	switch {
	case in.Owner != s.Task.Owner:
		return nil, ErrNotOwner
	case s.Task.Cancelling:
		return nil, ErrAlreadyClosing
	}
	s.Task.Cancelling = true
	if !s.training() {
		s.Task.Due = at.Time
	}
	return nil, nil
}

// tick is the end of a block: it closes every phase that can be closed, and sets Task.Due to
// when the task needs the next tick.
func (s *State) tick(at Moment) (effects []Effect) {
	if s.Task.State != spec.TaskRunning {
		return s.start(at)
	}
	if s.Task.Scoring > 0 && at.Time >= s.closes(&s.Scoring) {
		effects = s.closePhase(at, &s.Scoring)
	}
	switch {
	case s.training() && s.done() != "" && s.Round.Phase != spec.PhaseAttest && s.Round.Phase != spec.PhaseProve:
		effects = append(effects, s.stop(at)...)
	case s.Running() && !s.held(&s.Round) && at.Time >= s.closes(&s.Round):
		effects = append(effects, s.closePhase(at, &s.Round)...)
	}
	return append(effects, s.proceed(at)...)
}

// start brings a task to its first round.
func (s *State) start(at Moment) []Effect {
	if s.Task.Cancelling {
		return s.close(at, spec.TaskCancelled, cancelled)
	}
	deadline := s.selectDeadline()
	if s.Task.State == spec.TaskWaiting {
		if at.Time >= deadline {
			return s.close(at, spec.TaskFailed, ErrResources.Error())
		}
		s.Task.Due = min(at.Time.After(retry(spec.Duration(at.Time-s.Task.Since))), deadline)
		return []Effect{AskCommittee{}}
	}
	if model, ok := s.prepared(); ok && at.Time >= s.starts() {
		s.Task.Model = model
		s.Task.State, s.Task.Since = spec.TaskRunning, at.Time
		return append([]Effect{Publish{Model: model}}, s.proceed(at)...)
	}
	s.Task.Due = s.starts()
	if at.Time >= deadline {
		return append(s.unready(), s.close(at, spec.TaskFailed, s.unprepared())...)
	}
	return nil
}

// cancelled is the reason for which a task closes at its owner's request.
const cancelled = "cancelled by its owner"

// proceed decides what follows if no round trains: the next round, or the end of the task
// when all rounds have ended. If rounds overlap, the next round also begins while the newest
// one is still being scored.
func (s *State) proceed(at Moment) []Effect {
	s.Task.Due = s.nextDue()
	if s.training() {
		return nil
	}
	state, why := s.ending()
	switch {
	case s.scoring() && (state.Final() || !s.Task.Spec.Overlap):
		return nil
	case state.Final():
		return s.close(at, state, why)
	case s.scoring() && at.Time < s.resumes():
		s.Task.Due = min(s.Task.Due, s.resumes())
		return nil
	case s.scoring():
		s.Task.Due = min(s.Task.Due, at.Time.After(retry(spec.Duration(at.Time-s.Round.Since))))
		return []Effect{AskTrainers{}}
	case at.Time >= s.selectDeadline():
		return s.close(at, spec.TaskFailed, ErrResources.Error())
	case at.Time < s.resumes():
		s.Task.Due = s.resumes()
		return nil
	}
	s.Task.Due = min(at.Time.After(retry(spec.Duration(at.Time-s.Task.Since))), s.selectDeadline())
	return []Effect{AskTrainers{}}
}

// ending is the final state of a task in which no more rounds may begin, and the reason; else
// it is running.
func (s *State) ending() (state spec.TaskState, why string) {
	switch {
	case s.reached():
		return spec.TaskReached, "target reached"
	case s.Task.Accepted >= s.Task.Spec.Target.Rounds:
		return spec.TaskSpent, "all rounds run"
	case s.stale():
		return spec.TaskSpent, fmt.Sprintf("no better model in %d rounds", s.Task.Stale)
	case s.Round.Phase == spec.PhaseAborted && s.fewLeft(&s.Round):
		return spec.TaskFailed, s.Round.Reason
	case s.Task.Aborted > s.Task.Spec.Retries:
		return spec.TaskFailed, "too many aborted rounds: " + s.Round.Reason
	case s.Task.Cancelling:
		return spec.TaskCancelled, cancelled
	}
	return spec.TaskRunning, ""
}

// reached reports whether the newest scored model has the target accuracy.
func (s *State) reached() bool {
	target := s.Task.Spec.Target.Accuracy
	return target > 0 && s.Task.Score >= target
}

// stale reports whether target.patience models in a row were no better.
func (s *State) stale() bool {
	patience := s.Task.Spec.Target.Patience
	return patience > 0 && s.Task.Stale >= patience
}

// done says why a round that has no model yet is no longer needed: the score of the round
// before has ended the task. It is empty if the round is needed.
func (s *State) done() string {
	switch {
	case s.reached():
		return "the round before reached the target"
	case s.stale():
		return "the round before was the last in which a better model was waited for"
	}
	return ""
}

// training reports whether a running round has no model yet.
func (s *State) training() bool {
	return s.Running() && s.Round.Phase.Before(spec.PhaseScore)
}

// scoring reports whether a round is being scored.
func (s *State) scoring() bool {
	return s.Task.Scoring > 0 || s.Running() && !s.training()
}

// nextDue is when the next phase of a running round can be closed.
func (s *State) nextDue() (due spec.Time) {
	if s.Running() && !s.held(&s.Round) {
		due = s.closes(&s.Round)
	}
	if s.Task.Scoring > 0 {
		if scored := s.closes(&s.Scoring); due == 0 || scored < due {
			return scored
		}
	}
	return due
}

// stop ends the newest round, because the round before has ended the task. Trainers that have
// not committed need not train any more. Those that have committed are paid once their
// updates are attested.
func (s *State) stop(at Moment) []Effect {
	if s.Round.Phase == spec.PhaseTrain && s.Round.Commitments > 0 {
		return s.closeTraining(at, &s.Round)
	}
	return s.dismiss(at, &s.Round)
}

// maxHeld is the longest time that a committee waits for a round to begin, whatever the task
// file says: meanwhile each member has a slot less for other tasks.
const maxHeld = spec.Hour

// selectDeadline is when the task stops waiting for participants, or for their preparation.
// After an aborted round the time begins at the end of the pause.
func (s *State) selectDeadline() spec.Time {
	lasts := s.Task.Spec.Deadlines.Select
	if s.Task.State != spec.TaskWaiting {
		lasts = min(lasts, maxHeld)
	}
	return s.resumes().After(lasts)
}

// resumes is the end of the pause after an aborted round, when trainers are asked for again.
func (s *State) resumes() spec.Time { return s.Task.Since.After(s.pause()) }

// pause is how long a task waits after aborted rounds in a row: 5 s after the first, twice as
// long after each further one, at most ten minutes.
func (s *State) pause() spec.Duration {
	if s.Task.Aborted == 0 {
		return 0
	}
	return min(5*spec.Second<<min(s.Task.Aborted-1, 16), 10*spec.Minute)
}

func (in Select) apply(s *State, at Moment) ([]Effect, error) {
	selection := s.Task.Spec.Selection
	state, _ := s.ending()
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
		s.Task.State, s.Task.Since = spec.TaskPreparing, at.Time
		s.Task.Due = s.selectDeadline()
		return []Effect{Engage{s.committee()}, AskReady{s.Task.Due}}, nil
	case s.Task.State == spec.TaskRunning && !s.training() && !state.Final() && (!s.scoring() || s.Task.Spec.Overlap):
		if len(in.Trainers) < int(selection.MinTrainers) || len(in.Trainers) > selection.Asked() ||
			!distinct(in.Trainers, nodeIDs(s.Task.Evaluators)) {
			return nil, ErrSelection
		}
		if s.Task.Spec.Private() && (len(in.Payers) != len(in.Trainers) || !distinct(payers(in.Payers))) ||
			!s.Task.Spec.Private() && len(in.Payers) > 0 {
			return nil, ErrSelection
		}
		if slices.ContainsFunc(in.Payers, func(p Payer) bool { return !selection.Admits(p.Owner) }) {
			return nil, ErrSelection
		}
		return s.open(at, in), nil
	}
	return nil, ErrSelection
}

// starts is when the first round may begin, by the members that are ready so far: at once
// when all are; when enough are, after a grace period as long as those took; else at the
// deadline. The grace period is so long because an evaluator that is not ready by then is
// left out of the whole task.
func (s *State) starts() spec.Time {
	if s.Task.Enough == 0 {
		return s.selectDeadline()
	}
	notReady := func(m spec.Member) bool { return m.Ready.IsZero() }
	if !slices.ContainsFunc(s.Task.Aggregators, notReady) && !slices.ContainsFunc(s.Task.Evaluators, notReady) {
		return s.Task.Enough
	}
	took := spec.Duration(s.Task.Enough - s.Task.Since)
	return min(s.selectDeadline(), s.Task.Enough.After(max(spec.Millisecond, took)))
}

// prepared returns model 0 once 2f+1 aggregators attest it and evaluators with two thirds of
// the stake hold their shards.
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

// modelZero is model 0, if 2f+1 aggregators attest the same one.
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

// open begins the next round, with the newest model or with one that a vote has adopted. If
// the newest round is still being scored, it goes on as State.Scoring.
func (s *State) open(at Moment, in Select) []Effect {
	if s.Running() {
		s.Scoring, s.Task.Scoring = s.Round, s.Round.Number
	}
	s.Task.Round++
	r := spec.Round{Task: s.Task.ID, Number: s.Task.Round, Base: s.Task.Base(), Opened: at.Height}
	r.Measures = s.measures()
	s.begin(at, &r, spec.PhaseTrain, s.Task.Spec.Deadlines.Train)
	r.Asked = uint32(len(in.Trainers))
	for i, node := range in.Trainers {
		t := spec.Contribution{Node: node}
		if len(in.Payers) > 0 {
			t.Dataset, t.Key, t.Lender = in.Payers[i].Dataset, in.Payers[i].Key, in.Payers[i].Lender
		}
		if j := s.Round.Trainer(node); j >= 0 && s.Round.Trainers[j].Height == 0 {
			t.Missed = s.Round.Trainers[j].Missed + 1
		}
		r.Trainers = append(r.Trainers, t)
	}
	slices.SortFunc(r.Trainers, func(a, b spec.Contribution) int { return cmp.Compare(a.Node, b.Node) })
	for i := range r.Trainers {
		r.Trainers[i].Bit = uint32(i)
	}
	r.Grace = s.grace(r.Trainers)
	nodes := trainers(&r)
	for _, m := range s.Task.Aggregators {
		r.Aggregates = append(r.Aggregates, spec.Aggregate{Node: m.Node})
	}
	for _, m := range s.Task.Evaluators {
		if !m.Ready.IsZero() {
			r.Scores = append(r.Scores, spec.Evaluation{Node: m.Node, Stake: m.Stake})
		}
	}
	s.Round = r
	s.Task.Due = max(at.Time, s.nextDue())
	effects := []Effect{Engage{nodes}}
	if s.Task.Spec.Private() {
		effects = append(effects, Reserve{r.Number, datasets(r.Trainers)})
	}
	return append(effects, OpenTraining{Round: r.Number, Trainers: nodes, Deadline: r.Deadline, Measures: r.Measures})
}

// measures reports whether trainers send statistics of their columns in the next round. They
// do, if the task learns the scale of its rows, in each round until one is accepted. A model
// that a vote has adopted, or with which the task starts, already has a scale.
func (s *State) measures() bool {
	return s.Task.Spec.Data.MeasuresColumns() && s.Task.Accepted == 0 && s.Task.Adopted.IsZero() && s.Task.Spec.Model.Init.IsZero()
}

// waited reports whether a task that closes has kept its committee waiting for a round.
func (s *State) waited(at Moment, state spec.TaskState) bool {
	held := len(s.Task.Aggregators) > 0 && s.Task.Since < at.Time && s.Round.Closed != at.Height && s.Scoring.Closed != at.Height
	return held && (state == spec.TaskFailed || state == spec.TaskCancelled)
}

func (s *State) close(at Moment, state spec.TaskState, why string) (effects []Effect) {
	if s.waited(at, state) {
		waited := WaitingFee(s.Task)
		s.Task.Fees += waited.Total()
		effects = s.payOut(0, waited)
	}
	s.Task.State, s.Task.Reason, s.Task.Since, s.Task.Closed = state, why, at.Time, at.Height
	s.Task.Refunded = EscrowLeft(s.Task)
	s.Task.Due = 0
	s.Task.Nominee, s.Task.Adopted = spec.Nominee{}, spec.Adoption{}
	if len(s.Task.Aggregators) > 0 {
		effects = append(effects, Release{s.committee()})
	}
	if s.Round.Phase == spec.PhaseSettled && s.done() == "" { // else it was measured when it was scored
		effects = append(effects, s.measure(&s.Round)...)
	}
	return append(effects, Close{State: state, Why: why, Refund: s.Task.Refunded})
}
