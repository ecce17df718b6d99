package role_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

const (
	first = sim.FirstTrainer
	chain = "test-1"
)

type ctx = context.Context

// open is a network of some trainers of the digits with a task, which begins with
// its first block.
func open(t *testing.T, trainers int, task spec.TaskSpec) *sim.Network {
	t.Helper()
	n, err := sim.Digits(sim.Config{Chain: chain}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open("consumer", task); err != nil {
		t.Fatal(err)
	}
	return n
}

// step lets things happen until the next block has ended.
func step(t *testing.T, n *sim.Network) {
	t.Helper()
	if err := n.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// reach lets things happen until a round is in a phase.
func reach(t *testing.T, n *sim.Network, number uint64, phase spec.Phase) (spec.Task, spec.Round) {
	t.Helper()
	task, r, err := n.Reach(t.Context(), 1, number, phase)
	if err != nil {
		t.Fatal(err)
	}
	return task, r
}

// until lets things happen until the task and its newest round are as wanted.
func until(t *testing.T, n *sim.Network, wanted func(spec.Task, spec.Round) bool) (spec.Task, spec.Round) {
	t.Helper()
	if err := n.Until(t.Context(), 1000, func() bool { return wanted(newest(t, n)) }); err != nil {
		t.Fatal(err)
	}
	return newest(t, n)
}

// newest is the task with its newest round, which is nothing before the first.
func newest(t *testing.T, n *sim.Network) (spec.Task, spec.Round) {
	t.Helper()
	task, err := n.Task(1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := n.Round(1, task.Round)
	if err != nil && task.Round > 0 {
		t.Fatal(err)
	}
	return task, r
}

// finish lets things happen until the task is closed.
func finish(t *testing.T, n *sim.Network) spec.Task {
	t.Helper()
	task, err := n.Finish(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// wantNoErrors fails when work of a node failed.
func wantNoErrors(t *testing.T, n *sim.Network) {
	t.Helper()
	if err := n.Errs(); err != nil {
		t.Error(err)
	}
}

// rounds returns all rounds of the task, which are settled.
func rounds(t *testing.T, n *sim.Network) (all []spec.Round) {
	t.Helper()
	task, _ := newest(t, n)
	for number := uint64(1); number <= task.Round; number++ {
		r, err := n.Round(1, number)
		if err != nil || r.Phase != spec.PhaseSettled {
			t.Fatalf("round %d: %s (%s), %v", number, r.Phase, r.Reason, err)
		}
		all = append(all, r)
	}
	return all
}

// paid is what a node has earned, in uthing: its account had just its stake.
func paid(n *sim.Network, node uint64) uint64 { return n.Balance(n.Nodes[node-1].Owner) }

func TestRoundsSettle(t *testing.T) {
	n := open(t, 5, sim.DigitsTask(3))
	task := finish(t, n)
	wantNoErrors(t, n)
	if task.State != spec.TaskSpent || task.Accepted != 3 || len(task.Faults) != 0 {
		t.Fatalf("task is %s (%s) after %d rounds, faults %v", task.State, task.Reason, task.Accepted, task.Faults)
	}
	all := rounds(t, n)
	for _, r := range all {
		if r.Survivors() != 5 || !r.Scored {
			t.Errorf("round %d has %d survivors, scored %v", r.Number, r.Survivors(), r.Scored)
		}
		for _, a := range r.Aggregates {
			if a.Digest != r.Next || a.Revealed == 0 {
				t.Errorf("round %d: aggregator %d says %s, the round %s", r.Number, a.Node, a.Digest.Short(), r.Next.Short())
			}
		}
		for _, e := range r.Scores {
			if e.Revealed == 0 {
				t.Errorf("round %d: evaluator %d did not reveal", r.Number, e.Node)
			}
		}
	}
	a, b := all[0], all[2]
	began, _ := a.FederatedScore()
	last, _ := b.FederatedScore()
	if b.Score <= a.Score || last <= began || b.Score < 800_000 {
		t.Errorf("accuracy went from %s to %s, the trainers' own from %s to %s", a.Score, b.Score, began, last)
	}
	for id := uint64(first); id < first+5; id++ {
		if paid(n, id) != 450_000 {
			t.Errorf("trainer %d was paid %d, want 450000", id, paid(n, id))
		}
	}
	if _, err := n.Stranger().Model(t.Context(), task, task.Model); err != nil {
		t.Errorf("a stranger cannot have the final model: %v", err)
	}
}

func TestLiarIsNamed(t *testing.T) {
	n := open(t, 3, sim.DigitsTask(2))
	n.Nodes[1].Machines = func() []role.Machine { return []role.Machine{&aggregator.Machine{Node: 2, Liar: true}} }
	n.Nodes[1].Restart()
	task := finish(t, n)
	wantNoErrors(t, n)
	all := rounds(t, n)
	lie := all[0].Aggregates[1].Digest
	// a fiftieth of the least bond, in each of two rounds
	want := []spec.Fault{{Round: 1, Node: 2, Kind: spec.FaultWrongAggregate, Digest: lie, Burned: 2 * 200}}
	if diff := cmp.Diff(want, task.Faults); diff != "" {
		t.Error(diff)
	}
	if lie == all[0].Next || task.Accepted != 2 {
		t.Errorf("lie %s, model %s, %d rounds accepted", lie.Short(), all[0].Next.Short(), task.Accepted)
	}
}

func TestSilentTrainerIsNotPaid(t *testing.T) {
	n := open(t, 4, sim.DigitsTask(1))
	silent := n.Nodes[first-1]
	silent.Refuses = refuseUpload
	finish(t, n)
	wantNoErrors(t, n)
	for i, c := range rounds(t, n)[0].Trainers {
		if c.Height == 0 || c.Survivor != (c.Node != silent.ID) {
			t.Errorf("trainer %d committed at %d, survives: %v", c.Node, c.Height, c.Survivor)
		}
		if want := []uint64{0, 250_000, 250_000, 250_000}[i]; paid(n, c.Node) != want {
			t.Errorf("trainer %d was paid %d, want %d", c.Node, paid(n, c.Node), want)
		}
	}
}

// closed is the policy of an aggregator that takes no upload.
type closed struct{ blob.Policy }

func (closed) MayPut(ctx, blob.Caller, blob.Ref, blob.Entry) error { return blob.ErrForbidden }

// TestAggregatorPulls lets no upload through to one aggregator.
func TestAggregatorPulls(t *testing.T) {
	n := open(t, 3, sim.DigitsTask(1))
	cut := n.Nodes[3]
	cut.Policy = closed{cut.Policy}
	finish(t, n)
	wantNoErrors(t, n)
	r := rounds(t, n)[0]
	if a := r.Aggregates[3]; a.Attested != 0 || a.Digest != r.Next {
		t.Fatalf("aggregator %d attested at %d and says %s, the round %s", a.Node, a.Attested, a.Digest.Short(), r.Next.Short())
	}
	labels, err := cut.Tools.Store.Labels(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	labels = slices.DeleteFunc(labels, func(l blob.Label) bool { return l.Kind != blob.Update })
	if len(labels) != 3 {
		t.Errorf("it holds %d updates, want 3: %v", len(labels), labels)
	}
}

func TestCopiedScoreIsRefused(t *testing.T) {
	n := open(t, 2, sim.DigitsTask(1))
	copier := n.Nodes[7]
	copier.Refuses = func(a role.Action) bool {
		s, ok := a.(role.Send)
		if !ok {
			return false
		}
		_, commits := s.Input.(round.CommitScore)
		return commits
	}
	reach(t, n, 1, spec.PhaseScore)
	step(t, n)
	_, r := newest(t, n)
	commitment := r.Scores[0].Commitment
	if commitment.IsZero() || r.Phase != spec.PhaseScore {
		t.Fatalf("nothing to copy in phase %s: %v", r.Phase, r.Scores)
	}
	if err := n.Say(1, round.CommitScore{Node: copier.ID, Round: 1, Commitment: commitment}); !errors.Is(err, round.ErrCopied) {
		t.Errorf("got error %v, want %v", err, round.ErrCopied)
	}
	finish(t, n)
	if r := rounds(t, n)[0]; !r.Scored || r.Scores[3].Revealed != 0 {
		t.Errorf("scored %v, the copier revealed at %d", r.Scored, r.Scores[3].Revealed)
	}
}

// lost is the way to a network in which some nodes are not to be found.
type lost struct {
	role.Blobs
	nodes []uint64
}

func (l lost) PutUpdate(ctx ctx, to uint64, r blob.Ref, e blob.Entry, open func() (io.ReadCloser, error)) (spec.Receipt, error) {
	if slices.Contains(l.nodes, to) {
		return spec.Receipt{}, blob.ErrNotFound
	}
	return l.Blobs.PutUpdate(ctx, to, r, e, open)
}

// TestUploadWantsAQuorum: peers that are not to be found have taken nothing.
func TestUploadWantsAQuorum(t *testing.T) {
	n := open(t, 1, sim.DigitsTask(1))
	task, r := reach(t, n, 1, spec.PhaseAttest)
	upload, tools := trainer.Upload{Task: task, Round: r}, n.Nodes[first-1].Tools
	all := tools.Blobs
	tools.Blobs = lost{all, []uint64{1, 2}}
	if _, err := upload.Do(t.Context(), tools); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("an upload that reached 2 of 4 aggregators: %v", err)
	}
	tools.Blobs = lost{all, []uint64{1}}
	if _, err := upload.Do(t.Context(), tools); err != nil {
		t.Error(err)
	}
}

// late is the way to a network in which node 2 refuses once node 1 has.
type late struct {
	role.Blobs
	refused chan struct{}
}

func (l late) PutUpdate(_ ctx, to uint64, _ blob.Ref, _ blob.Entry, _ func() (io.ReadCloser, error)) (none spec.Receipt, _ error) {
	switch to {
	case 1:
		defer close(l.refused)
		return none, blob.ErrTooLarge
	case 2:
		<-l.refused
		return none, blob.ErrConflict
	}
	return none, nil
}

// TestUploadNamesTheFirstRefusal: in the order of the aggregators, so that the same
// network tells the same story whoever was faster.
func TestUploadNamesTheFirstRefusal(t *testing.T) {
	n := open(t, 1, sim.DigitsTask(1))
	task, r := reach(t, n, 1, spec.PhaseAttest)
	tools := n.Nodes[first-1].Tools
	tools.Blobs = late{tools.Blobs, make(chan struct{})}
	_, err := trainer.Upload{Task: task, Round: r}.Do(t.Context(), tools)
	wantErr(t, err, blob.ErrTooLarge)
}

// TestNothingToDoAfterTheCommit: an aggregator that did not commit does not
// compute in the phase of reveals.
func TestNothingToDoAfterTheCommit(t *testing.T) {
	n := open(t, 1, sim.DigitsTask(1))
	late := n.Nodes[3]
	late.Refuses = func(role.Action) bool {
		_, r := newest(t, n)
		return r.Phase == spec.PhaseAggregate
	}
	finish(t, n)
	if late.Done[aggregator.Combine{Task: spec.Task{ID: 1}, Round: spec.Round{Number: 1}}.Key()] != 0 {
		t.Error("it combined after the time to commit")
	}
}
