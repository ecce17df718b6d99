// Package evaluator is the role of an evaluator: a node that attests its shard of the
// hold-out, scores the next model of each round on it, commits to the score and then
// reveals it.
//
// It never trains for a task it evaluates, and shows its rows to nobody.
package evaluator

import (
	"context"
	"fmt"
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// Machine is a node in the role of an evaluator.
type Machine struct {
	Node   uint64
	duties []role.Duty
	shard  map[uint64]ShardRead
	scored map[place]Scored
}

type place struct{ task, round uint64 }

// Handle implements [role.Machine].
func (m *Machine) Handle(e role.Event) []role.Action {
	if m.shard == nil {
		m.shard, m.scored = map[uint64]ShardRead{}, map[place]Scored{}
	}
	switch e := e.(type) {
	case role.Saw:
		m.duties = e.Duties
	case ShardRead:
		m.shard[e.Task] = e
	case Scored:
		m.scored[place{e.Task, e.Round}] = e
	}
	var actions []role.Action
	for _, d := range m.duties {
		actions = append(actions, m.planAttest(d)...)
		actions = append(actions, m.planRound(d)...)
	}
	return actions
}

// planAttest attests the node's shard, before round 1.
func (m *Machine) planAttest(d role.Duty) []role.Action {
	i := slices.IndexFunc(d.Task.Evaluators, func(e spec.Member) bool { return e.Node == m.Node })
	if i < 0 || !d.Task.Evaluators[i].Ready.IsZero() {
		return nil
	}
	h, done := m.shard[d.Task.ID]
	if !done {
		return []role.Action{ReadShard{d.Task}}
	}
	return []role.Action{role.Send{Task: d.Task.ID, Input: round.Ready{Node: m.Node, Digest: h.Shard}}}
}

// planRound returns what the node has to do in a round.
func (m *Machine) planRound(d role.Duty) []role.Action {
	i := d.Round.Evaluator(m.Node)
	if i < 0 {
		return nil
	}
	own := d.Round.Scores[i]
	due := d.Round.Phase == spec.PhaseScore && own.Committed == 0 ||
		d.Round.Phase == spec.PhaseOpen && own.Committed > 0 && own.Revealed == 0
	switch s, done := m.scored[place{d.Task.ID, d.Round.Number}]; {
	case !due:
		return nil
	case !done:
		return []role.Action{Score{Task: d.Task, Round: d.Round}}
	case d.Round.Phase == spec.PhaseScore:
		if copied := role.Copied(d.Round, s.Commitment); !copied.IsZero() {
			return []role.Action{Score{Task: d.Task, Round: d.Round, Copied: copied}}
		}
		return []role.Action{d.Send(round.CommitScore{Node: m.Node, Round: s.Round, Commitment: s.Commitment})}
	case s.Commitment != own.Commitment: // the salt of the submitted commitment is lost
		return nil
	default:
		return []role.Action{d.Send(round.RevealScore{Node: m.Node, Round: s.Round, Score: s.Score, Counts: s.Counts, Salt: s.Salt})}
	}
}

// ShardRead is the event that the node has read its shard.
type ShardRead struct {
	Task  uint64
	Shard spec.Digest
}

// Event implements [role.Event].
func (ShardRead) Event() {}

// ReadShard reads the shard that the node will attest.
type ReadShard struct{ Task spec.Task }

// Key implements [role.Action].
func (a ReadShard) Key() string { return fmt.Sprintf("hold-%d", a.Task.ID) }

// Do implements [role.Action].
func (a ReadShard) Do(_ context.Context, t role.Tools) (role.Event, error) {
	m := a.Task.Spec.Model
	rows, err := t.Rows(a.Task.Spec.Data)
	if err != nil {
		return nil, fmt.Errorf("hold-out shard does not fit task %d: %w", a.Task.ID, err)
	}
	if rows.Features != int(m.Inputs) || rows.Classes != int(m.Classes) || rows.Rows() == 0 {
		return nil, fmt.Errorf("hold-out shard has %d rows, %d features and %d classes: task %d wants at least 1 row, %d features and %d classes",
			rows.Rows(), rows.Features, rows.Classes, a.Task.ID, m.Inputs, m.Classes)
	}
	if minRows := a.Task.Spec.Data.MinHoldout; rows.Rows() < int(minRows) {
		return nil, fmt.Errorf("shard of %d rows: task %d wants %d of an evaluator", rows.Rows(), a.Task.ID, minRows)
	}
	return ShardRead{Task: a.Task.ID, Shard: data.Digest(rows)}, nil
}

// Scored is the event that the node has scored a round's next model.
type Scored struct {
	Task, Round uint64
	Commitment  spec.Digest
	Score       spec.PPM
	Counts      []spec.Count
	Salt        spec.Salt
}

// Event implements [role.Event].
func (Scored) Event() {}

// Score scores the next model of a round.
type Score struct {
	Task  spec.Task
	Round spec.Round
	// Copied is the node's commitment that another node submitted first, or zero. The node
	// then commits to the same score under a fresh salt.
	Copied spec.Digest
}

// Key implements [role.Action].
func (a Score) Key() string { return role.SecretKey(a.record(), a.Copied) }

// record is the key under which the result is recorded.
func (a Score) record() string { return role.RecordKey("score", a.Task.ID, a.Round.Number) }

// Do implements [role.Action].
func (a Score) Do(ctx context.Context, t role.Tools) (role.Event, error) {
	return role.Secret[Scored]{
		Record: a.record(), Copied: a.Copied,
		Make: func() (Scored, error) { return a.judge(ctx, t) },
		Resalt: func(done Scored) (_ Scored, err error) {
			done.Salt, err = t.Salt()
			done.Commitment = spec.ScoreCommitment(t.Slot(a.Task, done.Round), a.Round.Next, done.Score, done.Counts, done.Salt)
			return done, err
		},
		Commitment: func(done Scored) spec.Digest { return done.Commitment },
	}.Do(ctx, t)
}

// judge scores the next model on the node's rows.
func (a Score) judge(ctx context.Context, t role.Tools) (Scored, error) {
	next, err := t.Model(ctx, a.Task, a.Round.Next)
	if err != nil {
		return Scored{}, err
	}
	rows, err := t.Rows(a.Task.Spec.Data)
	if err != nil {
		return Scored{}, err
	}
	if rows, err = train.ToScale(next, rows); err != nil {
		return Scored{}, err
	}
	judged, err := t.Trainer.Evaluate(ctx, a.Task.Spec.Model, next.Weights, rows)
	if err != nil {
		return Scored{}, err
	}
	return Scored{Task: a.Task.ID, Round: a.Round.Number, Score: judged.Score(), Counts: judged.Counts}, nil
}
