package taskpb

import (
	"fmt"

	"github.com/althing-network/althing/spec"
)

// Words and their numbers on the wire. A number says nothing about order, and is
// never used again for another word.

// pair is a number on the wire and the word it stands for.
type pair[N, W comparable] struct {
	number N
	word   W
}

func phases() []pair[Phase, spec.Phase] {
	return []pair[Phase, spec.Phase]{
		{PHASE_TRAIN, spec.PhaseTrain},
		{PHASE_ATTEST, spec.PhaseAttest},
		{PHASE_AGGREGATE, spec.PhaseAggregate},
		{PHASE_REVEAL, spec.PhaseReveal},
		{PHASE_SCORE, spec.PhaseScore},
		{PHASE_OPEN, spec.PhaseOpen},
		{PHASE_SETTLED, spec.PhaseSettled},
		{PHASE_ABORTED, spec.PhaseAborted},
	}
}

func taskStates() []pair[TaskState, spec.TaskState] {
	return []pair[TaskState, spec.TaskState]{
		{TASK_STATE_WAITING, spec.TaskWaiting},
		{TASK_STATE_PREPARING, spec.TaskPreparing},
		{TASK_STATE_RUNNING, spec.TaskRunning},
		{TASK_STATE_REACHED, spec.TaskReached},
		{TASK_STATE_SPENT, spec.TaskSpent},
		{TASK_STATE_FAILED, spec.TaskFailed},
		{TASK_STATE_CANCELLED, spec.TaskCancelled},
	}
}

// PhaseFromSpec is the number of a phase; PHASE_UNSPECIFIED where it has none.
func PhaseFromSpec(p spec.Phase) Phase { return number(phases(), p) }

// ToSpec is the phase in plain types. It refuses one that does not exist.
func (p Phase) ToSpec() (spec.Phase, error) { return word("phase", phases(), p) }

// TaskStateFromSpec is the number of a state; TASK_STATE_UNSPECIFIED where it has none.
func TaskStateFromSpec(s spec.TaskState) TaskState { return number(taskStates(), s) }

// ToSpec is the state in plain types. It refuses one that does not exist.
func (s TaskState) ToSpec() (spec.TaskState, error) { return word("task state", taskStates(), s) }

func number[N, W comparable](pairs []pair[N, W], w W) (none N) {
	for _, p := range pairs {
		if p.word == w {
			return p.number
		}
	}
	return none
}

func word[N ~int32, W comparable](what string, pairs []pair[N, W], n N) (none W, _ error) {
	for _, p := range pairs {
		if p.number == n {
			return p.word, nil
		}
	}
	return none, fmt.Errorf("unknown %s %d", what, int32(n))
}
