package sim_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestReach: Reach stops in each phase of a round in turn. A phase that has passed, a round
// that never begins and a task that does not exist are errors.
func TestReach(t *testing.T) {
	asked := sim.DigitsTask(2)
	asked.Overlap = false
	n := digits(t, sim.Config{}, 2, asked)
	for number := uint64(1); number <= 2; number++ {
		for _, phase := range []spec.Phase{spec.PhaseTrain, spec.PhaseAttest, spec.PhaseScore, spec.PhaseSettled} {
			task, r, err := n.Reach(t.Context(), 1, number, phase)
			if err != nil || task.Round < number || r.Number != number || r.Phase != phase {
				t.Errorf("round %d in %s: got round %d of %d in %s, %v", number, phase, r.Number, task.Round, r.Phase, err)
			}
		}
	}
	height := n.Height()
	if _, _, err := n.Reach(t.Context(), 1, 1, spec.PhaseAttest); err == nil || n.Height() != height {
		t.Errorf("a phase that has passed: got error %v at height %d, want an error at height %d", err, n.Height(), height)
	}
	if _, _, err := n.Reach(t.Context(), 1, 3, spec.PhaseTrain); !errors.Is(err, round.ErrRoundNotFound) {
		t.Errorf("a round that the task does not have: got %v, want %v", err, round.ErrRoundNotFound)
	}
	if _, err := n.Finish(t.Context(), 1); err != nil {
		t.Error(err)
	}
	_, _, err := n.Reach(t.Context(), 2, 1, spec.PhaseTrain)
	_, other := n.Finish(t.Context(), 2)
	if !errors.Is(err, round.ErrTaskNotFound) || !errors.Is(other, round.ErrTaskNotFound) {
		t.Errorf("a task that does not exist: Reach returns %v, Finish %v: want %v", err, other, round.ErrTaskNotFound)
	}
}

// TestErrs: each error of an action is listed with its node; without errors Errs is nil.
func TestErrs(t *testing.T) {
	n := digits(t, sim.Config{}, 2, sim.DigitsTask(1))
	if _, err := n.Finish(t.Context(), 1); err != nil || n.Errs() != nil {
		t.Errorf("got %v and errors %v", err, n.Errs())
	}
	failed := errors.New("out of memory")
	n.Nodes[1].Errs = append(n.Nodes[1].Errs, failed)
	if err := n.Errs(); !errors.Is(err, failed) || err.Error() != "node 2: out of memory" {
		t.Errorf("got %v, want node 2: %v", err, failed)
	}
}
