package spec

import (
	"fmt"
	"math"
	"slices"
)

// MaxRevisions is how many times votes may set the hyper-parameters of one task.
const MaxRevisions = 64

// Revision is the hyper-parameters of a task from one round on, as set by a vote.
type Revision struct {
	Round       uint64      `json:"round"`    // first round that has them
	Proposal    uint64      `json:"proposal"` // that set them; 0: unknown
	Training    Training    `json:"training"`
	Aggregation Aggregation `json:"aggregation"`
}

// Nominee is a model with which a passed proposal wants a task to continue. The task adopts
// it when enough of its aggregators have attested that they hold it.
type Nominee struct {
	Proposal uint64   `json:"proposal"`
	Model    Digest   `json:"model"`
	Holder   uint64   `json:"holder,omitempty"`   // node that serves it, in addition to the aggregators; 0: none
	Attested []uint64 `json:"attested,omitempty"` // aggregators that hold it, in the order of their attestations
}

// IsZero reports whether there is no nominee.
func (n Nominee) IsZero() bool { return n.Model.IsZero() }

// Adoption is a model that a vote has put in place of the newest one.
type Adoption struct {
	Proposal uint64 `json:"proposal"`
	Model    Digest `json:"model"`
	Round    uint64 `json:"round"` // first round that may begin with it
}

// IsZero reports whether no model was adopted.
func (a Adoption) IsZero() bool { return a.Model.IsZero() }

// Base is the model with which the next round of the task begins.
func (t Task) Base() Digest {
	if !t.Adopted.IsZero() {
		return t.Adopted.Model
	}
	return t.Model
}

// SpecOf is the task file with the hyper-parameters of one of the task's rounds. For round 0
// it is the task file as its owner wrote it.
func (t Task) SpecOf(round uint64) TaskSpec {
	s := t.Spec
	for _, r := range t.Revisions {
		if r.Round <= round {
			s.Training, s.Aggregation = r.Training, r.Aggregation
		}
	}
	return s
}

// AtRound is the task with the hyper-parameters of one of its rounds.
func (t Task) AtRound(round uint64) Task {
	t.Spec = t.SpecOf(round)
	return t
}

// Tuning is a hyper-parameter and the value to which a vote sets it, as the chain stores it.
type Tuning struct {
	Name  string `json:"name"` // as in a task file, "training.rate"
	Value uint64 `json:"value"`
}

// hyperparameter finds a hyper-parameter by its name.
func hyperparameter(name string) (Parameter, error) {
	all := Hyperparameters()
	p, known := ParameterNamed(all, name)
	if !known {
		return p, &FieldError{Field: "settings", Why: fmt.Sprintf("%.64q: want one of %s, which a vote may set", name, namesOf(all))}
	}
	return p, nil
}

// String is the tuning for people: "training.rate 0.01".
func (s Tuning) String() string {
	p, err := hyperparameter(s.Name)
	if err != nil {
		return fmt.Sprintf("%.64q %d", s.Name, s.Value)
	}
	return s.Name + " " + p.Text(s.Value)
}

// Revise is a task file with new values for some hyper-parameters. An unknown name, a name
// that appears twice, or a task file that is invalid with the new values is a [*FieldError].
func Revise(t TaskSpec, settings []Tuning) (TaskSpec, error) {
	for i, s := range settings {
		p, err := hyperparameter(s.Name)
		switch {
		case err != nil:
			return TaskSpec{}, err
		case slices.ContainsFunc(settings[:i], func(o Tuning) bool { return o.Name == s.Name }):
			return TaskSpec{}, &FieldError{Field: s.Name, Why: "set twice"}
		case s.Value > math.MaxUint32:
			return TaskSpec{}, &FieldError{Field: s.Name, Why: fmt.Sprintf("%d: want at most %s", s.Value, p.Text(math.MaxUint32))}
		}
		*p.field(&t) = uint32(s.Value)
	}
	return t, t.Validate()
}
