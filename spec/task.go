package spec

// Task is the chain's record of a task.
type Task struct {
	ID          uint64    `json:"id"`
	Chain       string    `json:"chain"` // id of the chain on which it was created; all its statements name it, see [Task.Slot]
	Owner       string    `json:"owner"` // bech32 account that pays
	Spec        TaskSpec  `json:"spec"`
	State       TaskState `json:"state"`
	Reason      string    `json:"reason,omitempty"`     // why it closed
	Created     int64     `json:"created"`              // height
	Since       Time      `json:"since_ms"`             // when its newest state began, or its newest round ended
	Closed      int64     `json:"closed,omitempty"`     // height
	Cancelling  bool      `json:"cancelling,omitempty"` // closes when its running rounds have ended
	Tariff      Tariff    `json:"tariff"`               // of the network when the task was created
	Paid        uint64    `json:"paid_uthing"`          // in all, fees included
	Fees        uint64    `json:"fees_uthing"`          // part of Paid for aborted rounds, and for a committee that waited for a round
	Delivered   uint64    `json:"delivered_uthing"`     // part of Paid for updates delivered in an aborted round; paid once per task
	Refunded    uint64    `json:"refunded_uthing"`
	Enough      Time      `json:"enough_ms,omitempty"` // when enough of the committee were ready; 0 before it
	Aggregators []Member  `json:"aggregators,omitempty"`
	Evaluators  []Member  `json:"evaluators,omitempty"`
	Round       uint64    `json:"round"`             // number of the newest round, 0 before the first
	Scoring     uint64    `json:"scoring,omitempty"` // number of an earlier round that is still being scored; 0: none
	Accepted    uint32    `json:"accepted"`          // rounds that gave a model, whether or not they are scored yet
	Aborted     uint32    `json:"aborted"`           // rounds aborted since the last accepted one
	Model       Digest    `json:"model"`             // newest agreed model
	Score       PPM       `json:"score"`             // stake-weighted median score of the newest scored model
	ScoredRound uint64    `json:"scored_round"`      // round of that model; 0: none was scored
	Best        PPM       `json:"best"`              // largest score of a model of the task
	BestRound   uint64    `json:"best_round"`        // first round whose model has that score; 0: none was scored
	Stale       uint32    `json:"stale"`             // models scored since the best one, none of them better
	Due         Time      `json:"due_ms"`            // when the end of a block must look at it again; 0: it is closed
	Faults      []Fault   `json:"faults,omitempty"`  // the first of each node and kind; for equivocation, one per node and round

	// The fields below change only by votes, in a governed task.
	Updates   uint32     `json:"updates,omitempty"`   // updates by passed proposals so far
	Revisions []Revision `json:"revisions,omitempty"` // hyper-parameters set by them, in the order of their rounds; at most [MaxRevisions]
	Nominee   Nominee    `json:"nominee,omitzero"`    // model that a passed proposal wants
	Adopted   Adoption   `json:"adopted,omitzero"`    // model with which rounds begin until one of them is accepted
}

// Slot is the slot of a node in a round of the task. It always names the chain on which the
// task was created, even if the task has been imported into another one: so a commitment
// from before an import can be opened after it.
func (t Task) Slot(round, node uint64) Slot {
	return Slot{Chain: t.Chain, Task: t.ID, Round: round, Node: node}
}

// Member is a node that serves a task from beginning to end.
type Member struct {
	Node  uint64 `json:"node"`
	Stake uint64 `json:"stake_uthing"`
	// Key is the transport key that an aggregator had when it was selected. It signs receipts.
	Key PublicKey `json:"key,omitzero"`
	// Ready is what the member attested before round 1: an aggregator the digest of model 0,
	// an evaluator the digest of its hold-out shard.
	Ready Digest `json:"ready"`
}

// TaskState is the stage of a task's life. Package pb knows its number on the wire.
type TaskState string

// The states of a task.
const (
	TaskWaiting   TaskState = "waiting"   // for enough nodes for a committee
	TaskPreparing TaskState = "preparing" // the committee attests model 0 and its shards
	TaskRunning   TaskState = "running"   // rounds run
	TaskReached   TaskState = "reached"   // the target accuracy was reached
	TaskSpent     TaskState = "spent"     // all rounds were run
	TaskFailed    TaskState = "failed"    // too few participants or too many aborted rounds
	TaskCancelled TaskState = "cancelled" // by its owner
)

// TaskStates lists the states. A task passes through the first three in order and ends in
// one of the last four, which are final.
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

// Fault is provable misbehaviour of a node.
type Fault struct {
	Round  uint64 `json:"round"`
	Node   uint64 `json:"node"`
	Kind   string `json:"kind"`
	Digest Digest `json:"digest"` // for a wrong aggregate: the model that the node revealed
	// Burned is what the node's deposit has lost for the fault, in uthing. It includes later
	// faults of the same kind if these are not listed.
	Burned uint64 `json:"burned_uthing"`
}

// Slashed is what all nodes have lost for their faults in the task, in uthing. All of it was
// burned.
func (t Task) Slashed() (sum uint64) {
	for _, f := range t.Faults {
		sum += f.Burned
	}
	return sum
}

// The kinds of faults.
const (
	// FaultWrongAggregate: an aggregator revealed another digest than the one on which 2f+1
	// aggregators agreed.
	FaultWrongAggregate = "wrong aggregate"
	// FaultNoReveal: an aggregator or an evaluator committed and did not reveal.
	FaultNoReveal = "no reveal"
	// FaultEquivocation: a node signed two statements that contradict each other.
	FaultEquivocation = "equivocation"
)
