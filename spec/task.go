package spec

// Task is a task as the chain records it.
type Task struct {
	ID          uint64    `json:"id"`
	Owner       string    `json:"owner"` // bech32 account that pays
	Spec        TaskSpec  `json:"spec"`
	State       TaskState `json:"state"`
	Reason      string    `json:"reason,omitempty"`     // why it closed
	Created     int64     `json:"created"`              // height
	Since       int64     `json:"since"`                // height of its newest state, or of the end of its newest round
	Closed      int64     `json:"closed,omitempty"`     // height
	Cancelling  bool      `json:"cancelling,omitempty"` // closes when the running round ends
	Paid        uint64    `json:"paid_uthing"`
	Refunded    uint64    `json:"refunded_uthing"`
	Aggregators []Member  `json:"aggregators,omitempty"`
	Evaluators  []Member  `json:"evaluators,omitempty"`
	Round       uint64    `json:"round"`            // number of the newest round, 0 before the first
	Accepted    uint32    `json:"accepted"`         // rounds that gave a model
	Aborted     uint32    `json:"aborted"`          // rounds aborted since the last accepted one
	Model       Digest    `json:"model"`            // newest agreed model
	Score       PPM       `json:"score"`            // stake-weighted median of the newest model that was scored
	Due         int64     `json:"due"`              // height at which it must be looked at again
	Faults      []Fault   `json:"faults,omitempty"` // the first of each node and kind
}

// Member is a node that serves a task from beginning to end.
type Member struct {
	Node  uint64 `json:"node"`
	Stake uint64 `json:"stake_uthing"`
	// Ready is what it attested before round 1: an aggregator the digest of
	// model 0, an evaluator the digest of its hold-out shard.
	Ready Digest `json:"ready"`
}

// TaskState says where a task is in its life.
type TaskState uint8

// The states of a task; the last four are final.
const (
	TaskWaiting   TaskState = iota + 1 // looks for participants
	TaskPreparing                      // the committee attests model 0 and its shards
	TaskRunning                        // rounds run
	TaskReached                        // the target accuracy was reached
	TaskSpent                          // all rounds were run
	TaskFailed                         // too few participants or too many aborted rounds
	TaskCancelled                      // by its owner
)

func taskStates() []string {
	return []string{"", "waiting", "preparing", "running", "reached", "spent", "failed", "cancelled"}
}

// Final reports whether the task is closed.
func (s TaskState) Final() bool { return s >= TaskReached }

// String is the state in one word.
func (s TaskState) String() string { return word(taskStates(), int(s)) }

// MarshalText implements [encoding.TextMarshaler].
func (s TaskState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *TaskState) UnmarshalText(text []byte) error {
	i, err := unword("task state", taskStates(), string(text))
	*s = TaskState(i)
	return err
}

// Fault is provable misbehaviour, with its name.
type Fault struct {
	Round  uint64 `json:"round"`
	Node   uint64 `json:"node"`
	Kind   string `json:"kind"`
	Digest Digest `json:"digest"` // what it published instead
}

// FaultWrongAggregate is an aggregator that revealed another digest than the
// one 2f+1 of its committee agreed on.
const FaultWrongAggregate = "wrong aggregate"
