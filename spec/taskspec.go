package spec

import (
	"fmt"
	"slices"
)

// TaskSpec is a task file: what a consumer asks the network for. The chain copies it when the
// task is created. It never changes afterwards, except that votes may set hyper-parameters
// of a governed task for later rounds, see [Task.SpecOf].
type TaskSpec struct {
	Version     uint32      `json:"version" yaml:"version"`
	Name        string      `json:"name" yaml:"name"`
	Model       Model       `json:"model" yaml:"model"`
	Data        Data        `json:"data" yaml:"data"`
	Training    Training    `json:"training" yaml:"training"`
	Aggregation Aggregation `json:"aggregation" yaml:"aggregation"`
	Selection   Selection   `json:"selection" yaml:"selection"`
	Privacy     Privacy     `json:"privacy" yaml:"privacy"`
	Target      Target      `json:"target" yaml:"target"`
	Escrow      uint64      `json:"escrow" yaml:"escrow"` // uthing locked at creation
	Deadlines   Deadlines   `json:"deadlines" yaml:"deadlines"`
	Overlap     bool        `json:"overlap" yaml:"overlap"`   // a round trains while the one before it is scored
	Retries     uint32      `json:"retries" yaml:"retries"`   // aborted rounds in a row before the task fails, at most [MaxRetries]
	Retain      Duration    `json:"retain" yaml:"retain"`     // how long the blobs of a settled round are served
	Audit       string      `json:"audit" yaml:"audit"`       // who may recompute a settled round: one of [Audits]
	Governed    bool        `json:"governed" yaml:"governed"` // votes may set its [Hyperparameters] and its model
	// Line is the name of the owner's line of models that the task continues; empty: the task
	// begins a line of its own.
	Line string `json:"line,omitempty" yaml:"line,omitempty"`
}

// Data says which rows a node must hold to take part, and how they become inputs of the
// model.
type Data struct {
	Name       string `json:"name" yaml:"name"`
	MinSamples uint32 `json:"min_samples" yaml:"min_samples"`                     // least rows of a trainer
	MinHoldout uint32 `json:"min_holdout,omitempty" yaml:"min_holdout,omitempty"` // least rows of an evaluator
	Features   string `json:"features,omitempty" yaml:"features,omitempty"`       // one of [FeatureScales]; empty: none
	Missing    string `json:"missing,omitempty" yaml:"missing,omitempty"`         // one of [MissingRules]; empty: refuse
	Schema     Schema `json:"schema,omitzero" yaml:"schema,omitempty"`
}

// Selection is who may take part and how many.
type Selection struct {
	Rule        string    `json:"rule" yaml:"rule"` // one of [SelectionRules]
	Trainers    uint32    `json:"trainers" yaml:"trainers"`
	MinTrainers uint32    `json:"min_trainers" yaml:"min_trainers"`
	Aggregators uint32    `json:"aggregators" yaml:"aggregators"` // K = 3f+1
	Evaluators  uint32    `json:"evaluators" yaml:"evaluators"`
	Patience    PPM       `json:"patience" yaml:"patience"`                         // grace period for slow trainers once enough have committed, as a multiple of the median time that trainers took
	Capability  string    `json:"capability,omitempty" yaml:"capability,omitempty"` // kind of work that trainers and evaluators must accept; empty: any
	MinAccuracy PPM       `json:"min_accuracy" yaml:"min_accuracy"`                 // of trainers, for the task's [TaskSpec.Kind]
	MinStake    uint64    `json:"min_stake" yaml:"min_stake"`                       // uthing
	Resources   Resources `json:"resources" yaml:"resources"`
	// Owners are the accounts whose data sets a private task admits, sorted, each once; empty:
	// all. One person can have many accounts, so without this list nothing is known about how
	// many people take part in a round.
	Owners []string `json:"owners,omitempty" yaml:"owners,omitempty"`
}

// Target says when a task ends.
type Target struct {
	Accuracy PPM    `json:"accuracy" yaml:"accuracy"` // 0: train for all rounds
	Rounds   uint32 `json:"rounds" yaml:"rounds"`     // most accepted rounds
	// Patience ends the task after so many scored models in a row that are not better than
	// the best one before them; 0: never.
	Patience uint32 `json:"patience,omitempty" yaml:"patience,omitempty"`
}

// Deadlines are the longest duration of each phase.
type Deadlines struct {
	Select    Duration `json:"select" yaml:"select"`       // to find participants, and again to prepare
	Train     Duration `json:"train" yaml:"train"`         // to commit to an update
	Attest    Duration `json:"attest" yaml:"attest"`       // to upload and to attest
	Aggregate Duration `json:"aggregate" yaml:"aggregate"` // to commit, and again to reveal
	Evaluate  Duration `json:"evaluate" yaml:"evaluate"`   // to commit, and again to reveal
}

// The words of selection.rule and audit.
const (
	SelectionRanked = "ranked"

	AuditPublic      = "public"
	AuditMembers     = "members"
	AuditAggregators = "aggregators"
)

// SelectionRules lists the words of selection.rule.
func SelectionRules() []Word {
	return []Word{{SelectionRanked, "takes the nodes with the best reputation, then the highest stake, then the lowest id"}}
}

// Audits lists the words of audit.
func Audits() []Word {
	return []Word{
		{AuditPublic, "anyone may read the updates of a settled round"},
		{AuditMembers, "only the nodes of a settled round may read its updates"},
		{AuditAggregators, "only the round's aggregators ever read an update"},
	}
}

// Backup is how many trainers are asked for each one that is needed: 1.3, so 30% more.
const Backup PPM = 1_300_000

// Faulty is f of K = 3f+1: how many aggregators may be faulty.
func (s Selection) Faulty() int { return (int(s.Aggregators) - 1) / 3 }

// Quorum is 2f+1: how many equal digests make an agreement.
func (s Selection) Quorum() int { return 2*s.Faulty() + 1 }

// Asked is how many trainers a round selects, backups included.
func (s Selection) Asked() int {
	return int((uint64(s.Trainers)*uint64(Backup) + uint64(One) - 1) / uint64(One))
}

// Admits reports whether the data sets of an account may be used.
func (s Selection) Admits(owner string) bool {
	return len(s.Owners) == 0 || slices.Contains(s.Owners, owner)
}

// PerRound is what one accepted round pays in all, in uthing: the escrow divided by the
// rounds and one more. That one is a reserve, which pays for aborted rounds.
func (t TaskSpec) PerRound() uint64 {
	if t.Target.Rounds == 0 {
		return 0
	}
	return t.Escrow / (uint64(t.Target.Rounds) + 1)
}

// StartsWith reports, as a [*FieldError], why the task cannot start with a model of an
// earlier task. It looks only at their task files.
func (t TaskSpec) StartsWith(earlier Task) error {
	from := earlier.Spec.Model
	from.Seed, from.Access = t.Model.Seed, t.Model.Access
	difference := t.Model.Difference(from)
	return first(
		check{"model.init.task", difference != "", fmt.Sprintf("task %d has another model: %s", earlier.ID, difference)},
		check{"model.init.task", earlier.Spec.Model.Private(), fmt.Sprintf("the model of task %d is for its members only: fetch it as one of them, and set model.init.holder instead of model.init.task", earlier.ID)},
	)
}
