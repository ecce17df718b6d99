package view

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// Task is a task with what follows from it.
type Task struct {
	spec.Task
	Holdout *spec.Holdout `json:"holdout,omitempty"` // of ScoredRound
	Promise *Promise      `json:"promise,omitempty"`
	// WaitsFor says what keeps an open task from going on, see [ReadWaitsFor].
	WaitsFor []string `json:"waits_for,omitempty"`
	// Lacks says which nodes a failed task lacks, see [ReadLacks].
	Lacks []string `json:"lacks,omitempty"`

	scored spec.Round        // that made the model with the newest score
	names  map[uint64]string // of its aggregators and evaluators
}

// ReadTask reads what is shown of a task beside its record.
func ReadTask(ctx context.Context, c *client.Client, t spec.Task) (v Task, err error) {
	v.Task, v.Promise = t, PromiseOf(t.Spec)
	if v.scored, err = ScoredRound(ctx, c, t); err != nil {
		return v, err
	}
	v.Holdout = Holdout(v.scored)
	var committee []uint64
	for _, m := range t.Aggregators {
		committee = append(committee, m.Node)
	}
	for _, m := range t.Evaluators {
		committee = append(committee, m.Node)
	}
	if v.names, err = ReadNames(ctx, c, committee); err != nil {
		return v, err
	}
	if v.WaitsFor, err = ReadWaitsFor(ctx, c, t); err != nil {
		return v, err
	}
	v.Lacks, err = ReadLacks(ctx, c, t)
	return v, err
}

// Page shows how far the task is, what it asks for, and its committee.
func (v Task) Page() Page {
	var p Part
	p.stateRows(v.Task, v.scored)
	for i, what := range v.WaitsFor {
		p.Row(firstRow(i, "waits for"), what)
	}
	p.lackRows(v.Lacks)
	p.ruleRows(v.Spec)
	p.revisionRows(v.Revisions)
	for _, m := range v.Aggregators {
		p.Row("aggregator", memberText(m, v.names))
	}
	for _, m := range v.Evaluators {
		p.Row("evaluator", memberText(m, v.names))
	}
	page := of(p)
	if v.Spec.Private() && slices.ContainsFunc(v.WaitsFor, func(what string) bool { return strings.Contains(what, string(unfundedExhausted)) }) {
		page.Hints = append(page.Hints, []string{"budget", "check", fmt.Sprint(v.ID)})
	}
	return page
}

// lackRows say which nodes a failed task lacks.
func (p *Part) lackRows(lacks []string) {
	for i, what := range lacks {
		p.Row(firstRow(i, "lacks now"), Cell{what, Bad})
	}
}

// memberText is one member of a committee.
func memberText(m spec.Member, names map[uint64]string) string {
	return fmt.Sprintf("%d %s, stake %s, ready %v", m.Node, names[m.Node], spec.Money(m.Stake), Dash(m.Ready.IsZero(), m.Ready.Short()))
}

// stateRows are the rows about how far a task is, and how good its newest scored model is.
// Scored is the round that made that model.
func (p *Part) stateRows(t spec.Task, scored spec.Round) {
	p.Row("task", fmt.Sprintf("%d %s", t.ID, t.Spec.Name))
	state := withReason(string(t.State), t.Reason)
	if t.Cancelling && !t.State.Final() {
		state += ", closes when the running rounds end"
	}
	p.Row("state", Cell{state, taskTone(t.State)})
	p.Row("owner", t.Owner)
	p.Row("created", fmt.Sprintf("at height %d", t.Created))
	if t.Closed > 0 {
		p.Row("closed", fmt.Sprintf("at height %d", t.Closed))
	}
	rounds := fmt.Sprintf("%d accepted, newest is %d", t.Accepted, t.Round)
	if t.Scoring > 0 {
		rounds += fmt.Sprintf(", %d is being scored", t.Scoring)
	}
	p.Row("rounds", rounds)
	p.Row("current model", Dash(t.Model.IsZero(), t.Model))
	p.scoreRows(t, scored)
	p.Row("money", fmt.Sprintf("%s locked, %s paid, %s refunded", spec.Money(t.Spec.Escrow), spec.Money(t.Paid), spec.Money(t.Refunded)))
	faults := Cell{Text: fmt.Sprint(len(t.Faults))}
	if len(t.Faults) > 0 {
		faults.Tone = Bad
	}
	p.Row("faults", faults)
}

// taskTone says whether a task went well.
func taskTone(s spec.TaskState) Tone {
	switch s {
	case spec.TaskReached, spec.TaskSpent:
		return Good
	case spec.TaskFailed, spec.TaskCancelled:
		return Bad
	default:
		return Neutral
	}
}

// Tasks is a list of tasks.
type Tasks []spec.Task

// Page lists the tasks. Amounts are in THING.
func (list Tasks) Page() Page {
	return of(Table([]string{"TASK", "NAME", "STATE", "ROUNDS", "SCORE", "TARGET", "ESCROW", "PAID", "OWNER"}, list, func(t spec.Task) []any {
		return []any{
			t.ID, t.Spec.Name,
			Cell{string(t.State), taskTone(t.State)},
			fmt.Sprintf("%d of %d", t.Accepted, t.Spec.Target.Rounds),
			Dash(t.ScoredRound == 0, newestScore(t)), Dash(t.Spec.Target.Accuracy == 0, t.Spec.Target.Accuracy),
			Thing(t.Spec.Escrow), Thing(t.Paid), t.Owner,
		}
	}))
}

// ClosedTask is a task that has ended.
type ClosedTask struct {
	Event       string         `json:"event"`
	Task        uint64         `json:"task"`
	State       spec.TaskState `json:"state"`
	Reason      string         `json:"reason,omitempty"`
	Rounds      uint32         `json:"rounds"`
	Accuracy    *spec.PPM      `json:"accuracy,omitempty"` // of the model of ScoredRound: the median of the evaluators
	ScoredRound uint64         `json:"scored_round"`       // 0: no model was scored
	Holdout     *spec.Holdout  `json:"holdout,omitempty"`
	Model       spec.Digest    `json:"model"`
	Escrow      uint64         `json:"escrow_uthing"`
	Paid        uint64         `json:"paid_uthing"`
	Refunded    uint64         `json:"refunded_uthing"`
	Height      int64          `json:"height"`
	Lacks       []string       `json:"lacks,omitempty"` // see [ReadLacks]

	task   spec.Task
	scored spec.Round
}

// ReadClosedTask reads what is shown of a task that has ended.
func ReadClosedTask(ctx context.Context, c *client.Client, t spec.Task) (ClosedTask, error) {
	scored, err := ScoredRound(ctx, c, t)
	if err != nil {
		return ClosedTask{}, err
	}
	v := ClosedTaskOf(t, scored)
	v.Lacks, err = ReadLacks(ctx, c, t)
	return v, err
}

// ClosedTaskOf is a task that has ended. Scored is the round of its newest score.
func ClosedTaskOf(t spec.Task, scored spec.Round) ClosedTask {
	return ClosedTask{
		Event: "closed", Task: t.ID, State: t.State, Reason: t.Reason, Rounds: t.Accepted, Model: t.Model,
		Accuracy: Score(t.Score, t.ScoredRound > 0), ScoredRound: t.ScoredRound, Holdout: Holdout(scored),
		Escrow: t.Spec.Escrow, Paid: t.Paid, Refunded: t.Refunded, Height: t.Closed, task: t, scored: scored,
	}
}

// Page shows how the task ended.
func (v ClosedTask) Page() Page {
	var p Part
	p.stateRows(v.task, v.scored)
	p.lackRows(v.Lacks)
	return of(p)
}
