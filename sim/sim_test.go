package sim_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// digits is a network with some trainers and an open task.
func digits(t *testing.T, c sim.Config, trainers int, task spec.TaskSpec) *sim.Network {
	t.Helper()
	n, err := sim.Digits(c, trainers)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open("consumer", task); err != nil {
		t.Fatal(err)
	}
	return n
}

// finish runs task 1 to its end.
func finish(t *testing.T, n *sim.Network) spec.Task {
	t.Helper()
	if err := n.Until(t.Context(), 1000, func() bool { return taskOf(t, n).State.Final() }); err != nil {
		t.Fatal(err)
	}
	return taskOf(t, n)
}

// taskOf is task 1 in its current state.
func taskOf(t *testing.T, n *sim.Network) spec.Task {
	t.Helper()
	task, err := n.Task(1)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func wantNoErrors(t *testing.T, n *sim.Network) {
	t.Helper()
	for _, node := range n.Nodes {
		for _, err := range node.Errs {
			t.Errorf("node %d: %v", node.ID, err)
		}
	}
}

// mlp is a task of digits for a model with one hidden layer.
func mlp(rounds uint32) spec.TaskSpec {
	task := sim.DigitsTask(rounds)
	task.Model = spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{128}, Classes: 10, Seed: 4}
	task.Training.Rate, task.Training.Epochs = spec.One/2, 4
	return task
}

// TestDigits: ten trainers learn the digits in six rounds. The transcript is the same, byte
// for byte, on one processor and on all.
func TestDigits(t *testing.T) {
	run := func(processors int) (string, spec.Task) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		var transcript bytes.Buffer
		n := digits(t, sim.Config{Seed: 1, Transcript: &transcript}, 10, mlp(6))
		began := time.Now()
		task := finish(t, n)
		t.Logf("%d processors: %.2f s for %.2f s of virtual time", processors, time.Since(began).Seconds(), n.Now().Seconds())
		wantNoErrors(t, n)
		if n.Escrow() != 0 || n.Balance("consumer")+task.Paid != task.Spec.Escrow {
			t.Errorf("the escrow holds %d uthing, the consumer has %d after paying %d: want 0, and %d together", n.Escrow(), n.Balance("consumer"), task.Paid, task.Spec.Escrow)
		}
		return transcript.String(), task
	}
	one, task := run(1)
	if task.State != spec.TaskSpent || task.Accepted != 6 || task.Score < 940_000 {
		t.Errorf("task %s (%s) after %d rounds with score %s: want spent after 6 with at least 94%%", task.State, task.Reason, task.Accepted, task.Score)
	}
	all, _ := run(runtime.NumCPU())
	if diff := cmp.Diff(one, all); diff != "" {
		t.Errorf("transcripts differ on 1 and %d processors (-one +all):\n%s", runtime.NumCPU(), diff)
	}
}

// TestTwoTasksOneTranscript: nodes that serve two tasks train for both at the same virtual
// time, and the transcript is still the same on any number of processors.
func TestTwoTasksOneTranscript(t *testing.T) {
	run := func(processors int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		var transcript bytes.Buffer
		n := digits(t, sim.Config{Seed: 1, Transcript: &transcript}, 6, sim.DigitsTask(2))
		if _, err := n.Open("another", sim.DigitsTask(2)); err != nil {
			t.Fatal(err)
		}
		for _, id := range []uint64{1, 2} {
			if _, err := n.Finish(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		wantNoErrors(t, n)
		return transcript.String()
	}
	one := run(1)
	for range 3 {
		if diff := cmp.Diff(one, run(4)); diff != "" {
			t.Fatalf("transcripts differ on 1 and 4 processors (-one +four):\n%s", diff)
		}
	}
}

// BenchmarkDigits runs the task of [TestDigits]: go test ./sim -bench Digits -cpu 1,2
func BenchmarkDigits(b *testing.B) {
	for b.Loop() {
		n, err := sim.Digits(sim.Config{Seed: 1}, 10)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := n.Open("consumer", mlp(6)); err != nil {
			b.Fatal(err)
		}
		closed := func() bool {
			task, err := n.Task(1)
			return err == nil && task.State.Final()
		}
		if err := n.Until(b.Context(), 1000, closed); err != nil {
			b.Fatal(err)
		}
	}
}

// TestSeedChangesTranscriptNotModel: another seed of the network gives other salts and other
// delays, and the same models.
func TestSeedChangesTranscriptNotModel(t *testing.T) {
	run := func(seed uint64) (string, spec.Digest) {
		var transcript bytes.Buffer
		c := sim.Config{Seed: seed, Jitter: 40 * time.Millisecond, Transcript: &transcript}
		n := digits(t, c, 3, sim.DigitsTask(2))
		task := finish(t, n)
		wantNoErrors(t, n)
		return transcript.String(), task.Model
	}
	transcript, model := run(1)
	repeated, _ := run(1)
	if transcript != repeated {
		t.Error("two runs with the same seed have different transcripts")
	}
	otherTranscript, otherModel := run(2)
	if transcript == otherTranscript {
		t.Error("two runs with different seeds have the same transcript")
	}
	if model != otherModel {
		t.Error("the model depends on the seed of the simulator")
	}
}

// TestCrashInEveryPhase crashes a node of each role in each phase of a round, at the
// beginning of the phase and while the node works, and restarts it before the deadline:
// every round ends, and the model is the same as in a network without crashes.
func TestCrashInEveryPhase(t *testing.T) {
	undisturbed := finish(t, digits(t, sim.Config{}, 3, sim.DigitsTask(2)))
	for _, node := range []uint64{1, 5, sim.FirstTrainer} {
		for _, phase := range slices.DeleteFunc(spec.Phases(), func(p spec.Phase) bool { return p.Final() || p == spec.PhaseProve }) {
			for _, after := range []time.Duration{0, 15 * time.Millisecond, 25 * time.Millisecond} {
				t.Run(fmt.Sprintf("node %d in %s after %s", node, phase, after), func(t *testing.T) {
					task := sim.DigitsTask(2)
					task.Selection.Trainers, task.Selection.MinTrainers = 3, 3
					var transcript strings.Builder
					n := digits(t, sim.Config{Transcript: &transcript}, 3, task)
					n.CrashIn(node, 1, 1, phase, after, 600*time.Millisecond)
					got := finish(t, n)
					if strings.Count(transcript.String(), fmt.Sprintf("node %d crashes", node)) != 1 ||
						strings.Count(transcript.String(), fmt.Sprintf("node %d starts", node)) != 2 {
						t.Errorf("the node did not crash and restart exactly once:\n%s", transcript.String())
					}
					if got.Accepted != 2 || got.Model != undisturbed.Model || len(got.Faults) != 0 {
						t.Errorf("%d rounds, model %s, faults %v: want 2, %s, none", got.Accepted, got.Model.Short(), got.Faults, undisturbed.Model.Short())
					}
				})
			}
		}
	}
}

// TestUntilEnds: Until returns an error if its condition never becomes true, and Step does
// if its context has ended.
func TestUntilEnds(t *testing.T) {
	n := sim.New(sim.Config{})
	if err := n.Until(t.Context(), 3, func() bool { return false }); err == nil || n.Height() != 4 {
		t.Errorf("got error %v at height %d: want an error at height 4", err, n.Height())
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := n.Step(ctx); err == nil {
		t.Error("Step runs although its context has ended")
	}
}
