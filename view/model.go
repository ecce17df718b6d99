package view

import (
	"context"
	"fmt"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// TaskModel is everything that the chain knows of a task's model.
type TaskModel struct {
	Task         spec.Task      `json:"task"`
	Parameters   int            `json:"parameters"`
	Versions     []ModelVersion `json:"versions"`
	Participants []Participant  `json:"participants"`
	Promise      *Promise       `json:"promise,omitempty"` // of a private task, as Charges
	Charges      []Charge       `json:"charges,omitempty"` // so far

	rounds []spec.Round
	names  map[uint64]string
	scored spec.Round // that made the model with the newest score
}

// ModelVersion is one model of a task. Round 0 made none: its model comes from the seed.
type ModelVersion struct {
	Round     uint64        `json:"round"`
	Model     spec.Digest   `json:"model"`
	Score     *spec.PPM     `json:"score,omitempty"` // by the evaluators: the median
	Holdout   *spec.Holdout `json:"holdout,omitempty"`
	Federated *spec.PPM     `json:"federated_score,omitempty"` // by the trainers of the round that began with it
	Survivors int           `json:"survivors"`
	Height    int64         `json:"height,omitempty"`
}

// TaskVersion is one version of a task, to be shown alone.
type TaskVersion struct {
	ModelVersion

	task spec.Task
}

// ReadTaskModel reads the rounds of a task and what follows from them, without Charges.
func ReadTaskModel(ctx context.Context, c *client.Client, t spec.Task) (TaskModel, error) {
	rounds, err := ReadRounds(ctx, c, t.ID)
	if err != nil {
		return TaskModel{}, err
	}
	size, err := model.Size(t.Spec.Model)
	if err != nil {
		return TaskModel{}, err
	}
	participants := ParticipantsOf(t, rounds)
	var nodes []uint64
	for _, p := range participants {
		nodes = append(nodes, p.Node)
	}
	names, err := ReadNames(ctx, c, nodes)
	if err != nil {
		return TaskModel{}, err
	}
	for i := range participants {
		participants[i].Name = names[participants[i].Node]
	}
	m := TaskModel{
		Task: t, Parameters: size, Versions: VersionsOf(t, rounds), Participants: participants,
		Promise: PromiseOf(t.Spec), rounds: rounds, names: names,
	}
	for _, r := range rounds {
		if t.ScoredRound > 0 && r.Number == t.ScoredRound {
			m.scored = r
		}
	}
	return m, nil
}

// EndedRounds are the rounds of the task that have ended.
func (m TaskModel) EndedRounds() []spec.Round {
	return slices.DeleteFunc(slices.Clone(m.rounds), func(r spec.Round) bool { return !r.Phase.Final() })
}

// VersionsOf lists the models of a task, each with what is known of it.
func VersionsOf(t spec.Task, rounds []spec.Round) (list []ModelVersion) {
	first := t.Model
	if len(rounds) > 0 {
		first = rounds[0].Base
	}
	if first.IsZero() {
		return []ModelVersion{}
	}
	list = append(list, ModelVersion{Model: first, Federated: federatedScoreOf(first, rounds)})
	for i, r := range rounds {
		if r.Phase == spec.PhaseSettled {
			list = append(list, ModelVersion{
				Round: r.Number, Model: r.Next, Score: Score(r.Score, r.Scored), Holdout: Holdout(r),
				Federated: federatedScoreOf(r.Next, rounds[i+1:]), Survivors: r.Survivors(), Height: r.Closed,
			})
		}
	}
	return list
}

// ReadTaskVersion reads what is known of the version of a task that a round made. The round
// may still be scoring; then Model is all that is known.
func ReadTaskVersion(ctx context.Context, c *client.Client, t spec.Task, round uint64, digest spec.Digest) (TaskVersion, error) {
	rounds, err := ReadRounds(ctx, c, t.ID)
	found := ModelVersion{Round: round}
	for _, v := range VersionsOf(t, rounds) {
		if v.Round == round {
			found = v
		}
	}
	found.Model = digest
	return TaskVersion{found, t}, err
}

// Page shows the version.
func (v TaskVersion) Page() Page {
	var p Part
	p.Row("task", fmt.Sprintf("%d %s", v.task.ID, v.task.Spec.Name))
	p.Row("round", v.Round)
	p.Row("model", Architecture(v.task.Spec.Model))
	p.Row("sha256", v.Model)
	p.Row("score", scoreCell(v.Score))
	p.Row("federated", scoreCell(v.Federated))
	p.Row("survivors", Dash(v.Round == 0, v.Survivors))
	p.Row("height", Height(v.Height))
	return of(p)
}

// Page shows the task, its versions, what it charged, and who took part.
func (m TaskModel) Page() Page {
	var p Part
	p.stateRows(m.Task, m.scored)
	p.ruleRows(m.Task.Spec)
	for _, f := range m.Task.Faults {
		p.Row("fault", Cell{fmt.Sprintf("%s by node %d %s in round %d: %s", f.Kind, f.Node, m.names[f.Node], f.Round, f.Digest), Bad})
	}
	head := []string{"ROUND", "SCORE", "HOLD-OUT", "ROWS", "FEDERATED", "SURVIVORS", "HEIGHT", "MODEL"}
	versions := Table(head, m.Versions, func(v ModelVersion) []any {
		return []any{
			v.Round, scoreCell(v.Score), wholeAccuracy(v.Holdout), wholeRows(v.Holdout), scoreCell(v.Federated),
			Dash(v.Round == 0, v.Survivors), Height(v.Height), v.Model,
		}
	})
	participants := Table([]string{"NODE", "NAME", "ROLE", "ROUNDS", "SERVED", "EARNED"}, m.Participants, func(n Participant) []any {
		return []any{n.Node, n.Name, n.Role, n.Rounds, n.Served, spec.Money(n.Earned)}
	})
	if len(m.Charges) > 0 {
		return of(p, versions, chargeTable(m.Charges), participants)
	}
	return of(p, versions, participants)
}

// ModelFile is what a model file says about itself.
type ModelFile struct {
	File       string      `json:"file"`
	Model      spec.Model  `json:"model"`
	Rows       *spec.Data  `json:"rows,omitempty"` // how rows become the inputs of the model
	Parameters int         `json:"parameters"`
	Bytes      int         `json:"bytes"`
	SHA256     spec.Digest `json:"sha256"`

	tensors []model.Tensor
}

// ModelFileOf is what the bytes of a model file say, also where another program saved the
// model again. It returns the model, too.
func ModelFileOf(name string, b []byte) (ModelFile, model.File, error) {
	f, err := model.OpenResaved(b)
	if err != nil {
		return ModelFile{}, f, fmt.Errorf("%s: %w", name, err)
	}
	v := ModelFile{File: name, Model: f.Model, Parameters: len(f.Weights), Bytes: len(b), SHA256: spec.DigestOf(b)}
	if !f.Data.Schema.IsZero() {
		v.Rows = &f.Data
	}
	v.tensors, err = model.Layout(f.Model)
	return v, f, err
}

// Page shows what the file says.
func (f ModelFile) Page() Page {
	var p Part
	p.Row("model", Architecture(f.Model))
	p.Row("bytes", f.Bytes)
	p.Row("sha256", f.SHA256)
	for _, tensor := range f.tensors {
		p.Row(tensor.Name, fmt.Sprintf("float32 %v", tensor.Shape))
	}
	if f.Rows != nil {
		p.schemaRows(*f.Rows)
	}
	return of(p)
}
