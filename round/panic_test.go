package round_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestApplyContainsPanics: the machine panics at an impossible state, a survivor that nobody
// selected. Apply returns the panic as an error, and does not call the world.
func TestApplyContainsPanics(t *testing.T) {
	s := round.State{
		Task: spec.Task{ID: 1, State: spec.TaskRunning, Round: 1, Due: 1, Spec: spec.DefaultTask()},
		Round: spec.Round{
			Task: 1, Number: 1, Phase: spec.PhaseOpen, Since: 1, Deadline: 2,
			Trainers: []spec.Contribution{{Node: 1, Height: 1, Survivor: true}},
		},
	}
	at := round.Moment{Height: 5, Time: 5}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the machine does not panic: the test needs another state")
			}
		}()
		_, _, _ = s.Step(at, round.Tick{})
	}()
	var none round.World
	err := round.Apply(none, at, s, round.Tick{})
	var contained *round.Panic
	if !errors.As(err, &contained) || contained.Value == nil || len(contained.Stack) == 0 {
		t.Errorf("got error %v, want the panic", err)
	}
}
