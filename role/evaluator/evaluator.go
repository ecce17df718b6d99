// Package evaluator is what a node does as an evaluator: it attests the hold-out
// shard it keeps and judges each next model on it, with a commitment first.
//
// It never trains for a task it judges, and shows its rows to nobody.
package evaluator

import (
	"context"
	"fmt"
	"slices"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Machine is a node in the role of an evaluator.
type Machine struct {
	Node   uint64
	duties []role.Duty
	shard  map[uint64]Holding
	scored map[place]Scored
}

type place struct{ task, round uint64 }

// Handle implements [role.Machine].
func (m *Machine) Handle(e role.Event) []role.Action {
	if m.shard == nil {
		m.shard, m.scored = map[uint64]Holding{}, map[place]Scored{}
	}
	switch e := e.(type) {
	case role.Saw:
		m.duties = e.Duties
	case Holding:
		m.shard[e.Task] = e
	case Scored:
		m.scored[place{e.Task, e.Round}] = e
	}
	var actions []role.Action
	for _, d := range m.duties {
		actions = append(actions, m.attest(d)...)
		actions = append(actions, m.judge(d)...)
	}
	return actions
}

// attest says which shard the node holds, before round 1.
func (m *Machine) attest(d role.Duty) []role.Action {
	i := slices.IndexFunc(d.Task.Evaluators, func(e spec.Member) bool { return e.Node == m.Node })
	if i < 0 || !d.Task.Evaluators[i].Ready.IsZero() {
		return nil
	}
	h, done := m.shard[d.Task.ID]
	if !done {
		return []role.Action{Hold{d.Task}}
	}
	return []role.Action{role.Send{Task: d.Task.ID, Input: round.Ready{Node: m.Node, Digest: h.Shard}}}
}

// judge does the node's part in a round.
func (m *Machine) judge(d role.Duty) []role.Action {
	i := d.Round.Evaluator(m.Node)
	if i < 0 {
		return nil
	}
	own := d.Round.Scores[i]
	waits := d.Round.Phase == spec.PhaseScore && own.Committed == 0 ||
		d.Round.Phase == spec.PhaseOpen && own.Committed > 0 && own.Revealed == 0
	switch s, done := m.scored[place{d.Task.ID, d.Round.Number}]; {
	case !waits:
		return nil
	case !done:
		return []role.Action{Score{Task: d.Task, Round: d.Round}}
	case d.Round.Phase == spec.PhaseScore:
		if copied := role.Copied(d.Round, s.Commitment); !copied.IsZero() {
			return []role.Action{Score{Task: d.Task, Round: d.Round, Copied: copied}}
		}
		return []role.Action{d.Say(round.CommitScore{Node: m.Node, Round: s.Round, Commitment: s.Commitment})}
	case s.Commitment != own.Commitment: // what opens it is lost, and another opening is none
		return nil
	default:
		return []role.Action{d.Say(round.RevealScore{Node: m.Node, Round: s.Round, Score: s.Score, Counts: s.Counts, Salt: s.Salt})}
	}
}

// Holding is the event that the node looked at its shard.
type Holding struct {
	Task  uint64
	Shard spec.Digest
}

// Event implements [role.Event].
func (Holding) Event() {}

// Hold reads the shard the node is to attest.
type Hold struct{ Task spec.Task }

// Key implements [role.Action].
func (a Hold) Key() string { return fmt.Sprintf("hold-%d", a.Task.ID) }

// Do implements [role.Action].
func (a Hold) Do(_ context.Context, t role.Tools) (role.Event, error) {
	m := a.Task.Spec.Model
	if t.Table.Features != int(m.Inputs) || t.Table.Classes != int(m.Classes) || t.Table.Rows() == 0 {
		return nil, fmt.Errorf("shard of %d rows, %d features and %d classes does not fit task %d", t.Table.Rows(), t.Table.Features, t.Table.Classes, a.Task.ID)
	}
	if least := a.Task.Spec.Data.MinHoldout; t.Table.Rows() < int(least) {
		return nil, fmt.Errorf("shard of %d rows: task %d wants %d of an evaluator", t.Table.Rows(), a.Task.ID, least)
	}
	return Holding{Task: a.Task.ID, Shard: data.Digest(t.Table)}, nil
}

// Scored is the event that the node knows its score of a round's next model.
type Scored struct {
	Task, Round uint64
	Commitment  spec.Digest
	Score       spec.PPM
	Counts      []spec.Count
	Salt        spec.Salt
}

// Event implements [role.Event].
func (Scored) Event() {}

// Score judges the next model of a round.
type Score struct {
	Task  spec.Task
	Round spec.Round
	// Copied is the node's commitment that another node said first, if one did:
	// then the same score is hidden by a fresh salt.
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
		Hide: func(done Scored) (_ Scored, err error) {
			done.Salt, err = t.Salt()
			done.Commitment = spec.ScoreCommitment(t.Slot(a.Task, done.Round), a.Round.Next, done.Score, done.Counts, done.Salt)
			return done, err
		},
		Commitment: func(done Scored) spec.Digest { return done.Commitment },
	}.Do(ctx, t)
}

// judge finds the score of the next model on the node's rows.
func (a Score) judge(ctx context.Context, t role.Tools) (Scored, error) {
	next, err := t.Model(ctx, a.Task, a.Round.Next)
	if err != nil {
		return Scored{}, err
	}
	judged, err := t.Trainer.Evaluate(ctx, a.Task.Spec.Model, next.Weights, t.Table)
	if err != nil {
		return Scored{}, err
	}
	return Scored{Task: a.Task.ID, Round: a.Round.Number, Score: judged.Score(), Counts: judged.Counts}, nil
}
