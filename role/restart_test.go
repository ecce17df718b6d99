package role_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// countingEngine counts the calls of an engine.
type countingEngine struct {
	train.Trainer
	trained, evaluated *atomic.Int32
}

func (c countingEngine) Train(ctx context.Context, job train.Job, progress func(done, total int)) (train.Result, error) {
	c.trained.Add(1)
	return c.Trainer.Train(ctx, job, progress)
}

func (c countingEngine) Evaluate(ctx context.Context, m spec.Model, weights []float32, t data.Table) (train.Evaluation, error) {
	c.evaluated.Add(1)
	return c.Trainer.Evaluate(ctx, m, weights, t)
}

// TestRestartInEveryPhase: all nodes restart after every block. They work in one block and may
// send only in the next, so that each result is recalled by a process that did not make it.
func TestRestartInEveryPhase(t *testing.T) {
	const trainers, twoRounds = 3, 2
	want := simtest.Finish(t, simtest.Open(t, trainers, sim.DigitsTask(twoRounds)))

	n := simtest.Open(t, trainers, sim.DigitsTask(twoRounds))
	var trained, evaluated atomic.Int32
	for _, node := range n.Nodes {
		node.Tools.Trainer = countingEngine{node.Tools.Trainer, &trained, &evaluated}
	}
	restarted := map[spec.Phase]bool{}
	muted := false
	got, _ := simtest.Until(t, n, func(task spec.Task, r spec.Round) bool {
		restarted[r.Phase] = restarted[r.Phase] || muted
		muted = !muted
		for _, node := range n.Nodes {
			silent := muted
			node.Refuses = func(a role.Action) bool { _, sends := a.(role.Send); return sends && silent }
			node.Restart()
		}
		return task.State.Final()
	})
	simtest.WantNoErrors(t, n)
	for _, p := range slices.DeleteFunc(spec.Phases(), func(p spec.Phase) bool { return p.Final() || p == spec.PhaseProve }) {
		if !restarted[p] {
			t.Errorf("no restart between work and message in phase %s", p)
		}
	}
	if got.Model != want.Model || got.Score != want.Score || got.Accepted != twoRounds || len(got.Faults) != 0 {
		t.Errorf("model %s with score %s after %d rounds; without restarts %s with %s; faults %v",
			got.Model.Short(), got.Score, got.Accepted, want.Model.Short(), want.Score, got.Faults)
	}
	if trained.Load() != trainers*twoRounds || evaluated.Load() != (trainers+sim.Evaluators)*twoRounds {
		t.Errorf("trained %d times and evaluated %d times, want each piece of work once", trained.Load(), evaluated.Load())
	}
	for _, r := range simtest.SettledRounds(t, n) {
		if r.Survivors() != trainers || r.Aggregates[3].Digest != r.Next || r.Scores[3].Revealed == 0 {
			t.Errorf("round %d: %d survivors, aggregates %v, scores %v", r.Number, r.Survivors(), r.Aggregates, r.Scores)
		}
	}
}

// TestHonestNodesNeverContradictThemselves: all nodes restart after every block, every second
// message is lost, and some nodes lose their journal before they open their commitments. No two
// messages that an honest node signs contradict each other.
func TestHonestNodesNeverContradictThemselves(t *testing.T) {
	for _, lost := range []bool{false, true} {
		n := simtest.Open(t, 3, sim.DigitsTask(2))
		var mu sync.Mutex
		signed := map[uint64][]round.Input{}
		for _, node := range n.Nodes {
			send, count := node.Tools.Send, 0
			node.Tools.Send = func(ctx context.Context, s role.Send) error {
				mu.Lock()
				signed[node.Tools.Node] = append(signed[node.Tools.Node], s.Input)
				count++
				arrives := count%2 == 0
				mu.Unlock()
				if !arrives {
					return nil
				}
				return send(ctx, s)
			}
		}
		forgotten := map[spec.Phase]bool{}
		simtest.Until(t, n, func(task spec.Task, r spec.Round) bool {
			for i, node := range n.Nodes {
				opens := r.Phase == spec.PhaseReveal || r.Phase == spec.PhaseOpen
				if lost && opens && !forgotten[r.Phase] && (i == 3 || i == sim.Aggregators+3) {
					node.Tools.Journal = &sim.Journal{}
				}
				node.Restart()
			}
			forgotten[r.Phase] = true
			return task.State.Final()
		})
		openings := 0
		for node, all := range signed {
			for i, a := range all {
				if of, commitment, ok := opening(node, a); ok {
					openings++
					r, err := n.Round(1, of)
					if i, j := r.Aggregator(node), r.Evaluator(node); err != nil ||
						i >= 0 && r.Aggregates[i].Commitment != commitment(r) || j >= 0 && r.Scores[j].Commitment != commitment(r) {
						t.Errorf("journals lost: %t: node %d signed %v, which does not open its commitment: %v", lost, node, a, err)
					}
				}
				for _, b := range all[:i] {
					if round.Contradict(a, b) {
						t.Errorf("journals lost: %t: node %d signed %v and %v", lost, node, a, b)
					}
				}
			}
		}
		if all := 2 * (sim.Aggregators + sim.Evaluators); openings < all-4 {
			t.Errorf("journals lost: %t: %d openings, want %d, or at most 4 fewer", lost, openings, all)
		}
	}
}

// opening returns the round of a message that opens a commitment, and that commitment.
func opening(node uint64, in round.Input) (number uint64, commitment func(spec.Round) spec.Digest, ok bool) {
	slot := spec.Slot{Chain: simtest.Chain, Task: 1, Node: node}
	switch in := in.(type) {
	case round.RevealAggregate:
		slot.Round = in.Round
		return in.Round, func(spec.Round) spec.Digest { return spec.AggregateCommitment(slot, in.Digest, in.Salt) }, true
	case round.RevealScore:
		slot.Round = in.Round
		return in.Round, func(r spec.Round) spec.Digest {
			return spec.ScoreCommitment(slot, r.Next, in.Score, in.Counts, in.Salt)
		}, true
	}
	return 0, nil, false
}
