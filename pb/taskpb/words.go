package taskpb

import (
	"github.com/althing-network/althing/pb/words"
	"github.com/althing-network/althing/spec"
)

func phases() []words.Pair[Phase, spec.Phase] {
	return []words.Pair[Phase, spec.Phase]{
		words.Of(PHASE_TRAIN, spec.PhaseTrain),
		words.Of(PHASE_ATTEST, spec.PhaseAttest),
		words.Of(PHASE_PROVE, spec.PhaseProve),
		words.Of(PHASE_AGGREGATE, spec.PhaseAggregate),
		words.Of(PHASE_REVEAL, spec.PhaseReveal),
		words.Of(PHASE_SCORE, spec.PhaseScore),
		words.Of(PHASE_OPEN, spec.PhaseOpen),
		words.Of(PHASE_SETTLED, spec.PhaseSettled),
		words.Of(PHASE_ABORTED, spec.PhaseAborted),
	}
}

func declines() []words.Pair[Decline, spec.Decline] {
	return []words.Pair[Decline, spec.Decline]{
		words.Of(DECLINE_UNSPECIFIED, spec.Decline("")),
		words.Of(DECLINE_DIVERGED, spec.DeclineDiverged),
		words.Of(DECLINE_ROWS, spec.DeclineRows),
		words.Of(DECLINE_RESOURCES, spec.DeclineResources),
		words.Of(DECLINE_POLICY, spec.DeclinePolicy),
		words.Of(DECLINE_PRIVATE, spec.DeclinePrivate),
	}
}

func taskStates() []words.Pair[TaskState, spec.TaskState] {
	return []words.Pair[TaskState, spec.TaskState]{
		words.Of(TASK_STATE_WAITING, spec.TaskWaiting),
		words.Of(TASK_STATE_PREPARING, spec.TaskPreparing),
		words.Of(TASK_STATE_RUNNING, spec.TaskRunning),
		words.Of(TASK_STATE_REACHED, spec.TaskReached),
		words.Of(TASK_STATE_SPENT, spec.TaskSpent),
		words.Of(TASK_STATE_FAILED, spec.TaskFailed),
		words.Of(TASK_STATE_CANCELLED, spec.TaskCancelled),
	}
}

// PhaseFromSpec is the number of a phase; PHASE_UNSPECIFIED where it has none.
func PhaseFromSpec(p spec.Phase) Phase { return words.Number(phases(), p) }

// ToSpec is the phase in plain types. It refuses one that does not exist.
func (p Phase) ToSpec() (spec.Phase, error) { return words.Word("phase", phases(), p) }

// DeclineFromSpec is the number of a cause to decline; DECLINE_UNSPECIFIED where there is
// none.
func DeclineFromSpec(d spec.Decline) Decline { return words.Number(declines(), d) }

// ToSpec is the cause in plain types, empty for none. It refuses one that does not exist.
func (d Decline) ToSpec() (spec.Decline, error) { return words.Word("cause to decline", declines(), d) }

// TaskStateFromSpec is the number of a state; TASK_STATE_UNSPECIFIED where it has none.
func TaskStateFromSpec(s spec.TaskState) TaskState { return words.Number(taskStates(), s) }

// ToSpec is the state in plain types. It refuses one that does not exist.
func (s TaskState) ToSpec() (spec.TaskState, error) { return words.Word("task state", taskStates(), s) }
