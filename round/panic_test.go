package round_test

import (
	"errors"
	"testing"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// The machine panics at a round with survivors that nobody was asked for. That is an
// error, and the world hears of nothing.
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
		t.Errorf("got %v, want the panic", err)
	}
}
