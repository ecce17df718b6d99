package roundtest

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// behaviour says which nodes are dishonest, and how. All other nodes are honest.
type behaviour struct {
	silent      []uint64 // nodes that send no message
	liars       []uint64 // aggregators that reveal a wrong model, all the same one
	withholders []uint64 // trainers that commit to an update and upload it to no aggregator
}

func digest(format string, args ...any) spec.Digest {
	return spec.DigestOf(fmt.Appendf(nil, format, args...))
}

func salt(node uint64) spec.Salt { return spec.Salt{byte(node), byte(node >> 8), 1} }

// scoreOf is the score of an evaluator: about 0.5 in round 1, about 0.95 later.
func scoreOf(number, node uint64) spec.PPM {
	if number == 1 {
		return 500_000 + spec.PPM(node)*1000
	}
	return 950_000 + spec.PPM(node)*1000
}

// countsInOneClass returns the counts of ten classes if all rows are of the last class.
func countsInOneClass(rows, correct uint32) []spec.Count {
	return append(make([]spec.Count, 9), spec.Count{Rows: rows, Correct: correct})
}

// countsOf returns the counts by class of an evaluator that has 1000 rows and this score, which
// must be a multiple of 0.001. Rows of the first classes are the wrong ones.
func countsOf(t spec.TaskSpec, score spec.PPM) []spec.Count {
	const rows = 1000
	counts := make([]spec.Count, t.Model.Classes)
	each, wrong := rows/t.Model.Classes, rows-uint32(score/1000)
	for i := range counts {
		counts[i].Rows = each
		if i == 0 {
			counts[i].Rows += rows % t.Model.Classes
		}
		miss := min(wrong, counts[i].Rows)
		counts[i].Correct, wrong = counts[i].Rows-miss, wrong-miss
	}
	return counts
}

func (b behaviour) modelOf(number, node uint64) spec.Digest {
	if slices.Contains(b.liars, node) {
		return digest("lie %d", number)
	}
	return digest("model %d", number)
}

// owed lists the messages that the nodes of a task owe now, except those of silent nodes.
func (b behaviour) owed(s round.State) (ins []round.Input) {
	if s.Task.State == spec.TaskPreparing {
		ins = b.preparing(s.Task)
	}
	for _, r := range s.OpenRounds() {
		ins = append(ins, b.answers(s.Task, r)...)
	}
	return slices.DeleteFunc(ins, func(in round.Input) bool { return slices.Contains(b.silent, NodeOf(in)) })
}

func (b behaviour) preparing(t spec.Task) (ins []round.Input) {
	for _, m := range t.Aggregators {
		if m.Ready.IsZero() {
			ins = append(ins, round.Ready{Node: m.Node, Digest: digest("model 0")})
		}
	}
	for _, m := range t.Evaluators {
		if m.Ready.IsZero() {
			ins = append(ins, round.Ready{Node: m.Node, Digest: digest("shard %d", m.Node)})
		}
	}
	return ins
}

func (b behaviour) answers(task spec.Task, r spec.Round) (ins []round.Input) {
	slot := func(node uint64) spec.Slot { return task.Slot(r.Number, node) }
	held := make([]bool, len(r.Trainers))
	for i, t := range r.Trainers {
		held[i] = t.Height > 0 && !slices.Contains(b.withholders, t.Node)
		if r.Phase == spec.PhaseTrain && t.Height == 0 {
			commitment := spec.UpdateCommitment(slot(t.Node), digest("update %d", t.Node), salt(t.Node))
			commit := round.Commit{Node: t.Node, Round: r.Number, Commitment: commitment, Samples: 100, Correct: 50}
			if r.Measures {
				commit.Correct = 0
			}
			if t.Dataset > 0 {
				commit.Samples, commit.Correct = 0, 0
				commit.Signature = spec.SignCharge(ownerKey(t.Dataset), slot(t.Node), t.Dataset, commitment)
			}
			ins = append(ins, commit)
		}
	}
	for _, a := range r.Aggregates {
		model := b.modelOf(r.Number, a.Node)
		switch {
		case r.Phase == spec.PhaseAttest && a.Attested == 0:
			ins = append(ins, round.Attest{Node: a.Node, Round: r.Number, Holds: spec.Bitmap(held)})
		case r.Phase == spec.PhaseAggregate && a.Committed == 0:
			commitment := spec.AggregateCommitment(slot(a.Node), model, salt(a.Node))
			ins = append(ins, round.CommitAggregate{Node: a.Node, Round: r.Number, Commitment: commitment})
		case r.Phase == spec.PhaseReveal && a.Committed > 0 && a.Revealed == 0:
			ins = append(ins, round.RevealAggregate{Node: a.Node, Round: r.Number, Digest: model, Salt: salt(a.Node)})
		}
	}
	for _, e := range r.Scores {
		score := scoreOf(r.Number, e.Node)
		counts := countsOf(task.Spec, score)
		switch {
		case r.Phase == spec.PhaseScore && e.Committed == 0:
			commitment := spec.ScoreCommitment(slot(e.Node), r.Next, score, counts, salt(e.Node))
			ins = append(ins, round.CommitScore{Node: e.Node, Round: r.Number, Commitment: commitment})
		case r.Phase == spec.PhaseOpen && e.Committed > 0 && e.Revealed == 0:
			ins = append(ins, round.RevealScore{Node: e.Node, Round: r.Number, Score: score, Counts: counts, Salt: salt(e.Node)})
		}
	}
	return ins
}

// NodeOf returns the node that sends an input, or 0 if an account sends it.
func NodeOf(in round.Input) uint64 {
	if node := reflect.ValueOf(in).FieldByName("Node"); node.IsValid() {
		return node.Uint()
	}
	return 0
}
