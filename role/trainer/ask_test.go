package trainer_test

import (
	"testing"
	"time"

	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// TestTrainerCommitsAgainAfterASlowAnswer: a trainer asks the chain whether another node has
// submitted its commitment. It commits again even if the answer takes longer than a block.
func TestTrainerCommitsAgainAfterASlowAnswer(t *testing.T) {
	slow := func(n *sim.Node, a role.Action) time.Duration {
		if _, asks := a.(trainer.AskCopied); asks {
			return 600 * time.Millisecond // a block takes 250 ms
		}
		return sim.Takes(n, a)
	}
	n, err := sim.Digits(sim.Config{Takes: slow}, 4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open("consumer", sim.DigitsTask(1)); err != nil {
		t.Fatal(err)
	}
	const victim, copier = sim.FirstTrainer, sim.FirstTrainer + 1
	n.Nodes[victim-1].Refuses, n.Nodes[copier-1].Refuses = simtest.IsCommitment, simtest.IsCommitment
	simtest.Reach(t, n, 1, spec.PhaseTrain)
	simtest.Step(t, n)
	var done trainer.Trained
	simtest.Recall(t, n, victim, trainer.TrainKey(1, 1), &done)
	if err := n.Say(1, round.Commit{Node: copier, Round: 1, Commitment: done.Commitment, Samples: 9}); err != nil {
		t.Fatal(err)
	}
	n.Nodes[victim-1].Refuses = nil
	simtest.Until(t, n, func(_ spec.Task, r spec.Round) bool { return r.Phase.Final() || r.Number > 1 })
	r, err := n.Round(1, 1)
	if err != nil || !r.Trainers[0].Survivor || r.Trainers[1].Survivor {
		t.Errorf("%v; the victim survives: %v, want true; the copier survives: %v, want false", err, r.Trainers[0].Survivor, r.Trainers[1].Survivor)
	}
}
