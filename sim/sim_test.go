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

// digits is a network of some trainers with a task that is open.
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

// finish runs task 1 to its end and wants no work to have failed.
func finish(t *testing.T, n *sim.Network) spec.Task {
	t.Helper()
	if err := n.Until(t.Context(), 1000, func() bool { return look(t, n).State.Final() }); err != nil {
		t.Fatal(err)
	}
	return look(t, n)
}

func look(t *testing.T, n *sim.Network) spec.Task {
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

// mlp is a task of the digits for a network with one hidden layer.
func mlp(rounds uint32) spec.TaskSpec {
	task := sim.DigitsTask(rounds)
	task.Model = spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{128}, Classes: 10, Seed: 4}
	task.Training.Rate, task.Training.Epochs = spec.One/2, 4
	return task
}

// TestDigits learns the digits with ten trainers in six rounds. The transcript is
// the same, byte for byte, on one processor and on all.
func TestDigits(t *testing.T) {
	run := func(processors int) (string, spec.Task) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		var transcript bytes.Buffer
		n := digits(t, sim.Config{Seed: 1, Transcript: &transcript}, 10, mlp(6))
		began := time.Now()
		task := finish(t, n)
		t.Logf("%d processors: %.2f s for %.2f s", processors, time.Since(began).Seconds(), n.Now().Seconds())
		wantNoErrors(t, n)
		if n.Escrow() != 0 || n.Balance("consumer")+task.Paid != task.Spec.Escrow {
			t.Errorf("the escrow holds %d, the consumer has %d after paying %d", n.Escrow(), n.Balance("consumer"), task.Paid)
		}
		return transcript.String(), task
	}
	one, task := run(1)
	if task.State != spec.TaskSpent || task.Accepted != 6 || task.Score < 940_000 {
		t.Errorf("%s (%s) after %d rounds, score %s", task.State, task.Reason, task.Accepted, task.Score)
	}
	all, _ := run(runtime.NumCPU())
	if diff := cmp.Diff(one, all); diff != "" {
		t.Errorf("another transcript on %d processors (-one +all):\n%s", runtime.NumCPU(), diff)
	}
}

// TestTwoTasksOneTranscript: nodes that serve two tasks at once train for both at one
// moment, and the transcript is still the same on any number of processors.
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
			t.Fatalf("another transcript on four processors (-one +four):\n%s", diff)
		}
	}
}

// BenchmarkDigits is the task of [TestDigits]: go test ./sim -bench Digits -cpu 1,2
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

// TestSeed: another seed gives other salts and other moments, and the same models.
func TestSeed(t *testing.T) {
	run := func(seed uint64) (string, spec.Digest) {
		var transcript bytes.Buffer
		c := sim.Config{Seed: seed, Jitter: 40 * time.Millisecond, Transcript: &transcript}
		n := digits(t, c, 3, sim.DigitsTask(2))
		task := finish(t, n)
		wantNoErrors(t, n)
		return transcript.String(), task.Model
	}
	transcript, model := run(1)
	again, _ := run(1)
	if transcript != again {
		t.Error("one seed gives two transcripts")
	}
	other, same := run(2)
	if transcript == other {
		t.Error("two seeds give one transcript")
	}
	if model != same {
		t.Error("the models depend on the seed of the simulator")
	}
}

// TestCrashInEveryPhase stops each kind of node in each phase of a round, at once
// and while it works, and starts it again: nobody waits for ever, and the model is
// the one of a network in which nobody crashed, as long as the node is back in time.
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
						t.Errorf("it did not crash once and come back:\n%s", transcript.String())
					}
					if got.Accepted != 2 || got.Model != undisturbed.Model || len(got.Faults) != 0 {
						t.Errorf("%d rounds, model %s, undisturbed %s; faults %v", got.Accepted, got.Model.Short(), undisturbed.Model.Short(), got.Faults)
					}
				})
			}
		}
	}
}

// TestUntilEnds: what never comes is an error, and so is a context that ends.
func TestUntilEnds(t *testing.T) {
	n := sim.New(sim.Config{})
	if err := n.Until(t.Context(), 3, func() bool { return false }); err == nil || n.Height() != 4 {
		t.Errorf("got %v at height %d", err, n.Height())
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := n.Step(ctx); err == nil {
		t.Error("it goes on after its context")
	}
}
