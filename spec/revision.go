package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// MaxRevisions is how many times votes may set the hyper-parameters of one task.
const MaxRevisions = 64

// Revision is the hyper-parameters of a task from one round on, as a vote has left them.
type Revision struct {
	Round       uint64      `json:"round"`    // the first one that has them
	Proposal    uint64      `json:"proposal"` // that was carried out; 0: not known
	Training    Training    `json:"training"`
	Aggregation Aggregation `json:"aggregation"`
}

// Nominee is a model with which a passed proposal wants a task to go on. It waits for
// the task's aggregators to attest that they hold it.
type Nominee struct {
	Proposal uint64   `json:"proposal"`
	Model    Digest   `json:"model"`
	Holder   uint64   `json:"holder,omitempty"`   // node that serves it, beside the aggregators; 0: none
	Attested []uint64 `json:"attested,omitempty"` // aggregators that hold it, in the order in which they said so
}

// IsZero reports whether there is no nominee.
func (n Nominee) IsZero() bool { return n.Model.IsZero() }

// Adoption is a model that a vote has put in the place of the newest one.
type Adoption struct {
	Proposal uint64 `json:"proposal"`
	Model    Digest `json:"model"`
	Round    uint64 `json:"round"` // the first one that may begin with it
}

// IsZero reports whether there is none.
func (a Adoption) IsZero() bool { return a.Model.IsZero() }

// Base is the model with which the next round of the task begins.
func (t Task) Base() Digest {
	if !t.Adopted.IsZero() {
		return t.Adopted.Model
	}
	return t.Model
}

// SpecOf is the task file with the settings under which a round of the task runs, and
// those of round 0 are the task file's own. It changes nothing else of it.
func (t Task) SpecOf(round uint64) TaskSpec {
	s := t.Spec
	for _, r := range t.Revisions {
		if r.Round <= round {
			s.Training, s.Aggregation = r.Training, r.Aggregation
		}
	}
	return s
}

// In is the task with the settings of one of its rounds.
func (t Task) In(round uint64) Task {
	t.Spec = t.SpecOf(round)
	return t
}

// Tuning is a hyper-parameter and what a vote sets it to, in the unit of the task's record.
type Tuning struct {
	Name  string `json:"name"` // as in a task file, "training.rate"
	Value uint64 `json:"value"`
}

// Hyperparameter is a field of a task file that votes may set in a governed task.
type Hyperparameter struct {
	Name    string // as in a task file, "training.rate"
	Decimal bool   // people write a decimal and a record holds parts per million; else both hold a count
	field   func(*TaskSpec) *uint32
}

// Tunable lists the fields that votes may set. What the network promised to
// those who serve a task or whose rows it trains on is not among them: privacy, audit,
// access, selection, pay and deadlines. Nor is what the bytes of updates and states of a
// running task depend on, such as the optimisers and the fixed point.
func Tunable() []Hyperparameter {
	ppm := func(name string, field func(*TaskSpec) *PPM) Hyperparameter {
		return Hyperparameter{name, true, func(t *TaskSpec) *uint32 { return (*uint32)(field(t)) }}
	}
	return []Hyperparameter{
		{"training.batch", false, func(t *TaskSpec) *uint32 { return &t.Training.Batch }},
		{"training.epochs", false, func(t *TaskSpec) *uint32 { return &t.Training.Epochs }},
		ppm("training.rate", func(t *TaskSpec) *PPM { return &t.Training.Rate }),
		ppm("training.momentum", func(t *TaskSpec) *PPM { return &t.Training.Momentum }),
		ppm("training.weight_decay", func(t *TaskSpec) *PPM { return &t.Training.WeightDecay }),
		ppm("training.proximal", func(t *TaskSpec) *PPM { return &t.Training.Proximal }),
		ppm("aggregation.rate", func(t *TaskSpec) *PPM { return &t.Aggregation.Rate }),
		ppm("aggregation.momentum", func(t *TaskSpec) *PPM { return &t.Aggregation.Momentum }),
		ppm("aggregation.tau", func(t *TaskSpec) *PPM { return &t.Aggregation.Tau }),
	}
}

// Of is what the hyper-parameter is in a task file, in the unit of the record.
func (h Hyperparameter) Of(t TaskSpec) uint64 { return uint64(*h.field(&t)) }

// Text is a value as people write it in a task file.
func (h Hyperparameter) Text(value uint64) string {
	if h.Decimal && value <= math.MaxUint32 {
		return PPM(value).String()
	}
	return strconv.FormatUint(value, 10)
}

// hyperparameter finds one by its name.
func hyperparameter(name string) (Hyperparameter, error) {
	all := Tunable()
	i := slices.IndexFunc(all, func(h Hyperparameter) bool { return h.Name == name })
	if i < 0 {
		words := make([]Word, len(all))
		for i, h := range all {
			words[i].Name = h.Name
		}
		return Hyperparameter{}, &FieldError{Field: "settings", Why: fmt.Sprintf("%.64q is nothing that a vote may set: want %s", name, choice(words))}
	}
	return all[i], nil
}

// String is the tuning for people: "training.rate 0.01".
func (s Tuning) String() string {
	h, err := hyperparameter(s.Name)
	if err != nil {
		return fmt.Sprintf("%.64q %d", s.Name, s.Value)
	}
	return s.Name + " " + h.Text(s.Value)
}

// Revise is a task file with some settings changed. It refuses a name that is no
// hyper-parameter or is there twice, and settings with which nobody could have created the
// task, as a [*FieldError].
func Revise(t TaskSpec, settings []Tuning) (TaskSpec, error) {
	for i, s := range settings {
		h, err := hyperparameter(s.Name)
		switch {
		case err != nil:
			return TaskSpec{}, err
		case slices.ContainsFunc(settings[:i], func(o Tuning) bool { return o.Name == s.Name }):
			return TaskSpec{}, &FieldError{Field: s.Name, Why: "set twice"}
		case s.Value > math.MaxUint32:
			return TaskSpec{}, &FieldError{Field: s.Name, Why: fmt.Sprintf("%d: want at most %s", s.Value, h.Text(math.MaxUint32))}
		}
		*h.field(&t) = uint32(s.Value)
	}
	return t, t.Validate()
}
