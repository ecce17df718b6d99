package spec

// Task is a task as the chain records it.
type Task struct {
	ID          uint64    `json:"id"`
	Chain       string    `json:"chain"` // chain id under which it was created: that of its statements for ever, see [Task.Slot]
	Owner       string    `json:"owner"` // bech32 account that pays
	Spec        TaskSpec  `json:"spec"`
	State       TaskState `json:"state"`
	Reason      string    `json:"reason,omitempty"`     // why it closed
	Created     int64     `json:"created"`              // height
	Since       Time      `json:"since_ms"`             // when its newest state began, or its newest round ended
	Closed      int64     `json:"closed,omitempty"`     // height
	Cancelling  bool      `json:"cancelling,omitempty"` // closes when the rounds that run end
	Tariff      Tariff    `json:"tariff"`               // of the network when the task was created
	Paid        uint64    `json:"paid_uthing"`          // in all, fees included
	Fees        uint64    `json:"fees_uthing"`          // of Paid, for rounds that were aborted and for a committee that waited
	Delivered   uint64    `json:"delivered_uthing"`     // of Paid, for updates that were delivered in a round that was aborted; once in a task
	Refunded    uint64    `json:"refunded_uthing"`
	Enough      Time      `json:"enough_ms,omitempty"` // when enough of the committee were ready; 0 before it
	Aggregators []Member  `json:"aggregators,omitempty"`
	Evaluators  []Member  `json:"evaluators,omitempty"`
	Round       uint64    `json:"round"`             // number of the newest round, 0 before the first
	Scoring     uint64    `json:"scoring,omitempty"` // number of an earlier round that is still being scored, 0 where none is
	Accepted    uint32    `json:"accepted"`          // rounds that gave a model, those that are being scored included
	Aborted     uint32    `json:"aborted"`           // rounds aborted since the last accepted one
	Model       Digest    `json:"model"`             // newest agreed model
	Score       PPM       `json:"score"`             // stake-weighted median of the newest model that was scored
	ScoredRound uint64    `json:"scored_round"`      // whose model that is; 0 where none was scored
	Best        PPM       `json:"best"`              // largest score of a model of the task
	BestRound   uint64    `json:"best_round"`        // whose model has it, the first of equals; 0 where none was scored
	Stale       uint32    `json:"stale"`             // models in a row that were scored since and are no better
	Due         Time      `json:"due_ms"`            // when it must be looked at again; 0 where it is closed
	Faults      []Fault   `json:"faults,omitempty"`  // the first of each node and kind; of equivocation, one for each node and round
	// What votes have done to it, where it is governed.
	Updates   uint32     `json:"updates,omitempty"`   // updates that passed proposals have carried out
	Revisions []Revision `json:"revisions,omitempty"` // the settings they have left, in the order of their rounds; at most [MaxRevisions]
	Nominee   Nominee    `json:"nominee,omitzero"`    // a model that a passed proposal wants
	Adopted   Adoption   `json:"adopted,omitzero"`    // the model with which rounds begin until one of them is accepted
}

// Slot is the place of a node in a round of the task. Whatever the chain is called that
// carries the task on, statements are made for the chain id under which it was created:
// so a commitment from before an import can be opened after it.
func (t Task) Slot(round, node uint64) Slot {
	return Slot{Chain: t.Chain, Task: t.ID, Round: round, Node: node}
}

// Member is a node that serves a task from beginning to end.
type Member struct {
	Node  uint64 `json:"node"`
	Stake uint64 `json:"stake_uthing"`
	// Key is an aggregator's transport key when it was selected: it signs its receipts.
	Key PublicKey `json:"key,omitzero"`
	// Ready is what it attested before round 1: an aggregator the digest of
	// model 0, an evaluator the digest of its hold-out shard.
	Ready Digest `json:"ready"`
}

// TaskState says where a task is in its life: a word, whose number on the wire is
// pb's.
type TaskState string

// The states of a task.
const (
	TaskWaiting   TaskState = "waiting"   // looks for participants
	TaskPreparing TaskState = "preparing" // the committee attests model 0 and its shards
	TaskRunning   TaskState = "running"   // rounds run
	TaskReached   TaskState = "reached"   // the target accuracy was reached
	TaskSpent     TaskState = "spent"     // all rounds were run
	TaskFailed    TaskState = "failed"    // too few participants or too many aborted rounds
	TaskCancelled TaskState = "cancelled" // by its owner
)

// TaskStates lists the states. A task passes through the first three in their
// order and ends in one of the last four, which are final.
func TaskStates() []TaskState {
	return []TaskState{
		TaskWaiting, TaskPreparing, TaskRunning,
		TaskReached, TaskSpent, TaskFailed, TaskCancelled,
	}
}

// Final reports whether the task is closed.
func (s TaskState) Final() bool {
	return s == TaskReached || s == TaskSpent || s == TaskFailed || s == TaskCancelled
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses a word that is
// no state.
func (s *TaskState) UnmarshalText(text []byte) error {
	return readWord("task state", TaskStates(), s, text)
}

// Fault is provable misbehaviour, with its name.
type Fault struct {
	Round  uint64 `json:"round"`
	Node   uint64 `json:"node"`
	Kind   string `json:"kind"`
	Digest Digest `json:"digest"` // what it published instead
	// Burned is what the node's deposit has lost for it, in uthing: with all later faults
	// of the same kind, where these are not listed.
	Burned uint64 `json:"burned_uthing"`
}

// Slashed is what nodes have lost for their faults in the task, in uthing. All of it was
// burned.
func (t Task) Slashed() (sum uint64) {
	for _, f := range t.Faults {
		sum += f.Burned
	}
	return sum
}

// The kinds of faults.
const (
	// FaultWrongAggregate is an aggregator that revealed another digest than the one 2f+1
	// of its committee agreed on.
	FaultWrongAggregate = "wrong aggregate"
	// FaultNoReveal is an aggregator or an evaluator that committed and did not reveal.
	FaultNoReveal = "no reveal"
	// FaultEquivocation is a node that signed two things which contradict each other.
	FaultEquivocation = "equivocation"
)
