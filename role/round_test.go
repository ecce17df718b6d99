package role_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/aggregator"
	"github.com/althing-network/althing/role/roletest"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

const first = roletest.FirstTrainer

// wantNoErrors fails for every action that went wrong.
func wantNoErrors(t *testing.T, n *roletest.Network) {
	t.Helper()
	for _, node := range n.Nodes {
		for _, err := range node.Errs {
			t.Errorf("node %d: %v", node.ID, err)
		}
	}
}

// rounds returns all rounds of task 1, which are settled.
func rounds(t *testing.T, n *roletest.Network) (all []spec.Round) {
	t.Helper()
	task, _ := n.Look(1)
	for number := uint64(1); number <= task.Round; number++ {
		r, err := n.Round(t.Context(), 1, number)
		if err != nil || r.Phase != spec.PhaseSettled {
			t.Fatalf("round %d: %s (%s), %v", number, r.Phase, r.Reason, err)
		}
		all = append(all, r)
	}
	return all
}

func TestRoundsSettle(t *testing.T) {
	n := roletest.Digits(t, 5)
	n.Create(roletest.DigitsTask(3))
	task := n.Finish(1)
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
	if a, b := all[0], all[2]; b.Score <= a.Score || b.FederatedScore() <= a.FederatedScore() || b.Score < 800_000 {
		t.Errorf("accuracy went from %s to %s, the trainers' own from %s to %s",
			a.Score, b.Score, a.FederatedScore(), b.FederatedScore())
	}
	for id := uint64(first); id < first+5; id++ {
		if n.Paid(id) != 600_000 {
			t.Errorf("trainer %d was paid %d, want 600000", id, n.Paid(id))
		}
	}
	if _, err := n.Stranger().Model(t.Context(), task, task.Model); err != nil {
		t.Errorf("a stranger cannot have the final model: %v", err)
	}
}

func TestLiarIsNamed(t *testing.T) {
	n := roletest.Digits(t, 3)
	n.Nodes[1].Liar = true
	n.Nodes[1].Restart()
	n.Create(roletest.DigitsTask(2))
	task := n.Finish(1)
	wantNoErrors(t, n)
	all := rounds(t, n)
	lie := all[0].Aggregates[1].Digest
	want := []spec.Fault{{Round: 1, Node: 2, Kind: spec.FaultWrongAggregate, Digest: lie}}
	if diff := cmp.Diff(want, task.Faults); diff != "" {
		t.Error(diff)
	}
	if lie == all[0].Next || task.Accepted != 2 {
		t.Errorf("lie %s, model %s, %d rounds accepted", lie.Short(), all[0].Next.Short(), task.Accepted)
	}
}

func TestSilentTrainerIsNotPaid(t *testing.T) {
	n := roletest.Digits(t, 4)
	silent := n.Nodes[first-1]
	silent.Refuses = func(a role.Action) bool { _, uploads := a.(trainer.Upload); return uploads }
	n.Create(roletest.DigitsTask(1))
	n.Finish(1)
	wantNoErrors(t, n)
	for i, c := range rounds(t, n)[0].Trainers {
		if c.Height == 0 || c.Survivor != (c.Node != silent.ID) {
			t.Errorf("trainer %d committed at %d, survives: %v", c.Node, c.Height, c.Survivor)
		}
		if want := []uint64{0, 333_333, 333_333, 333_333}[i]; n.Paid(c.Node) != want {
			t.Errorf("trainer %d was paid %d, want %d", c.Node, n.Paid(c.Node), want)
		}
	}
}

// TestAggregatorPulls lets no upload through to one aggregator.
func TestAggregatorPulls(t *testing.T) {
	n := roletest.Digits(t, 3)
	cut := n.Nodes[3]
	cut.Front = refusePuts
	n.Create(roletest.DigitsTask(1))
	n.Finish(1)
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
	n := roletest.Digits(t, 2)
	copier := n.Nodes[7]
	copier.Refuses = func(a role.Action) bool {
		s, ok := a.(role.Send)
		if !ok {
			return false
		}
		_, commits := s.Input.(round.CommitScore)
		return commits
	}
	n.Create(roletest.DigitsTask(1))
	n.Reach(1, 1, spec.PhaseScore)
	n.Block()
	_, r := n.Look(1)
	commitment := r.Scores[0].Commitment
	if commitment.IsZero() || r.Phase != spec.PhaseScore {
		t.Fatalf("nothing to copy in phase %s: %v", r.Phase, r.Scores)
	}
	if err := n.Say(1, round.CommitScore{Node: copier.ID, Round: 1, Commitment: commitment}); !errors.Is(err, round.ErrCopied) {
		t.Errorf("got error %v, want %v", err, round.ErrCopied)
	}
	n.Finish(1)
	if r := rounds(t, n)[0]; !r.Scored || r.Scores[3].Revealed != 0 {
		t.Errorf("scored %v, the copier revealed at %d", r.Scored, r.Scores[3].Revealed)
	}
}

// TestUploadWantsAQuorum: peers that are not to be found have taken nothing.
func TestUploadWantsAQuorum(t *testing.T) {
	n := roletest.Digits(t, 1)
	n.Create(roletest.DigitsTask(1))
	task, r := n.Reach(1, 1, spec.PhaseAttest)
	tools := n.Nodes[first-1].Tools
	known := n.Nodes[first-1].Blobs
	lose := func(nodes ...uint64) {
		tools.Blobs = blob.Network{Client: known.Client, Self: first, Peer: func(ctx ctx, node uint64) (blob.Peer, error) {
			if slices.Contains(nodes, node) {
				return blob.Peer{}, blob.ErrNotFound
			}
			return known.Peer(ctx, node)
		}}
	}
	upload := trainer.Upload{Task: task, Round: r}
	lose(1, 2)
	if _, err := upload.Do(t.Context(), tools); err == nil {
		t.Error("an upload that reached 2 of 4 aggregators is called done")
	}
	lose(1)
	if _, err := upload.Do(t.Context(), tools); err != nil {
		t.Error(err)
	}
}

// TestNothingToDoAfterTheCommit: an aggregator that did not commit does not
// compute in the phase of reveals.
func TestNothingToDoAfterTheCommit(t *testing.T) {
	n := roletest.Digits(t, 1)
	late := n.Nodes[3]
	late.Refuses = func(role.Action) bool {
		_, r := n.Look(1)
		return r.Phase == spec.PhaseAggregate
	}
	n.Create(roletest.DigitsTask(1))
	n.Finish(1)
	if late.Done[aggregator.Combine{Task: spec.Task{ID: 1}, Round: spec.Round{Number: 1}}.Key()] != 0 {
		t.Error("it combined after the time to commit")
	}
}
