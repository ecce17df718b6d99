package spec_test

import (
	"testing"

	"github.com/althing-network/althing/spec"
)

func TestQuorums(t *testing.T) {
	for k, want := range map[uint32][2]int{1: {0, 1}, 4: {1, 3}, 7: {2, 5}, 31: {10, 21}} {
		s := spec.Selection{Aggregators: k}
		if got := [2]int{s.Faulty(), s.Quorum()}; got != want {
			t.Errorf("%d aggregators: got f and 2f+1 %v, want %v", k, got, want)
		}
	}
}

func TestAskedIsRoundedUp(t *testing.T) {
	for trainers, want := range map[uint32]int{1: 2, 4: 6, 10: 13, 100: 130, 196: 255, 1575: 2048, 1576: 2049, 1<<32 - 1: 5583457484} {
		if got := (spec.Selection{Trainers: trainers}).Asked(); got != want {
			t.Errorf("%d trainers: asked %d, want %d", trainers, got, want)
		}
	}
}

func TestPerRoundPaysNoMoreThanTheEscrow(t *testing.T) {
	for _, c := range []struct {
		escrow uint64
		rounds uint32
		want   uint64
	}{{100, 3, 25}, {100, 1, 50}, {3, 3, 0}, {100, 0, 0}} {
		task := spec.TaskSpec{Escrow: c.escrow, Target: spec.Target{Rounds: c.rounds}}
		if got := task.PerRound(); got != c.want {
			t.Errorf("%d for %d rounds: got %d, want %d", c.escrow, c.rounds, got, c.want)
		}
	}
}

func TestRoundFindsNodes(t *testing.T) {
	r := spec.Round{
		Trainers:   []spec.Contribution{{Node: 5}, {Node: 7, Survivor: true}, {Node: 9, Survivor: true}},
		Aggregates: []spec.Aggregate{{Node: 1}, {Node: 2}},
		Scores:     []spec.Evaluation{{Node: 3}},
	}
	if r.Trainer(7) != 1 || r.Trainer(1) != -1 || r.Aggregator(2) != 1 || r.Aggregator(3) != -1 || r.Evaluator(3) != 0 || r.Evaluator(5) != -1 {
		t.Error("a node is found where it is not")
	}
	if r.Survivors() != 2 {
		t.Errorf("%d survivors", r.Survivors())
	}
}

func TestCommitter(t *testing.T) {
	r := spec.Round{Trainers: []spec.Contribution{{Node: 3}, {Node: 5, Commitment: spec.Digest{1}, Height: 7}}}
	if a, b, c := r.Committer(spec.Digest{1}), r.Committer(spec.Digest{2}), r.Committer(spec.Digest{}); a != 5 || b != 0 || c != 0 {
		t.Errorf("got %d, %d and %d, want 5, 0 and 0", a, b, c)
	}
}

// The federated score weighs each trainer by its samples, and counts those only
// that committed.
func TestFederatedScore(t *testing.T) {
	r := spec.Round{Trainers: []spec.Contribution{
		{Samples: 300, Correct: 300, Height: 4}, {Samples: 100, Correct: 0, Height: 5}, {Samples: 1000, Correct: 1000},
	}}
	if got, known := r.FederatedScore(); got != 750_000 || !known {
		t.Errorf("got %s, want 0.75", got)
	}
	r.Measures = true
	if got, known := r.FederatedScore(); known {
		t.Errorf("trainers that measured: got %s", got)
	}
	if got, known := (spec.Round{}).FederatedScore(); known {
		t.Errorf("nobody: got %s", got)
	}
	var most spec.Round
	for range spec.MaxTrainers {
		most.Trainers = append(most.Trainers, spec.Contribution{Samples: spec.MaxSamples, Correct: spec.MaxSamples, Height: 1})
	}
	if got, _ := most.FederatedScore(); got != spec.One {
		t.Errorf("the largest round: got %s, want 1", got)
	}
}
