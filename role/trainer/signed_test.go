package trainer_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/trainer"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// lent is a network as of [guarded] in which the first trainer's data set is that of
// somebody who has no node in the round, and who has granted it to the first trainer. The
// owner's key is given; all others sign for their own rows.
func lent(t *testing.T, key ed25519.PrivateKey, rounds uint32) (n *sim.Network, granted *sim.Node) {
	t.Helper()
	n, err := sim.Digits(sim.Config{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, node := range n.Nodes[sim.FirstTrainer-1:] {
		owner, signs := node.Owner, spec.PublicKeyOf(node.OwnerKey)
		if i == 0 {
			owner, signs = "hospital", spec.PublicKeyOf(key)
		}
		limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 9 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
		id, err := n.RegisterDataset(owner, signs, limit)
		if err == nil {
			err = errors.Join(n.Grant(id, node.ID), n.Hold(node.ID, "digits", id))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.Open("consumer", noisy(spec.KindLaplace, rounds)); err != nil {
		t.Fatal(err)
	}
	return n, n.Nodes[sim.FirstTrainer-1]
}

// hospital is the owner's key, which the granted trainer does not have.
func hospital() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) }

// spent is what the hospital has lost, and how much it still holds back for a task.
func spent(t *testing.T, n *sim.Network) (lost cost.Epsilon) {
	t.Helper()
	b, _, err := n.Book(1)
	if err != nil {
		t.Fatal(err)
	}
	return b.Spent.Epsilon
}

// TestAttackGrantedTrainerDrainsOwner: a trainer that an owner has granted its data set, and
// that never asks the owner's node, commits to nothing in each round. Whoever has the key
// spends the owner's budget by that; whoever only has the grant spends none of it.
func TestAttackGrantedTrainerDrainsOwner(t *testing.T) {
	const rounds = 3
	drain := func(n *sim.Network, eve *sim.Node) (refused error) {
		eve.Refuses = func(role.Action) bool { return true }
		for number := uint64(1); number <= rounds; number++ {
			_, r, err := n.Reach(t.Context(), 1, number, spec.PhaseTrain)
			if err != nil {
				t.Fatal(err)
			}
			slot, nothing := eve.Tools.Slot(theTask, number), spec.DigestOf([]byte{byte(number)})
			err = n.Say(1, round.Commit{
				Node: eve.ID, Round: number, Commitment: nothing,
				Signature: spec.SignCharge(eve.OwnerKey, slot, r.Trainers[0].Dataset, nothing),
			})
			refused = errors.Join(refused, err)
		}
		if _, err := n.Finish(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		return refused
	}
	eves := func() ed25519.PrivateKey { _, eve := lent(t, hospital(), 1); return eve.OwnerKey }()
	n, eve := lent(t, eves, rounds)
	if err := drain(n, eve); err != nil || spent(t, n) != rounds*cost.OneEpsilon {
		t.Errorf("where the grant is enough, the owner has spent %s after %d rounds: %v", spent(t, n), rounds, err)
	}
	n, eve = lent(t, hospital(), rounds)
	if err := drain(n, eve); !errors.Is(err, round.ErrSignature) || spent(t, n) != 0 {
		t.Errorf("the owner has spent %s: %v", spent(t, n), err)
	}
	if b, _, err := n.Book(1); err != nil || b.Left() != 9*cost.OneEpsilon {
		t.Errorf("%s of 9 is left (%v)", b.Left(), err)
	}
}

// TestAttackCommitmentSentAgain: what an owner has signed once is sent again, in a later
// round, and from another node. Whoever has the key could have it charged again.
func TestAttackCommitmentSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		resign bool // the trainer has the owner's key
		want   error
		lost   cost.Epsilon
	}{
		"with the key":    {true, nil, 2 * cost.OneEpsilon},
		"without the key": {false, round.ErrSignature, cost.OneEpsilon},
	} {
		n, eve := lent(t, hospital(), 2)
		eve.OwnerKey = hospital() // for the first round the owner's node signs
		task, r, err := n.Reach(t.Context(), 1, 1, spec.PhaseTrain)
		if err != nil {
			t.Fatal(err)
		}
		event, err := do(t, eve, role.Duty{Task: task, Round: r})
		if err != nil {
			t.Fatal(err)
		}
		done := event.(trainer.Trained)
		said := round.Commit{Node: eve.ID, Round: 1, Commitment: done.Commitment, Signature: done.Signature}
		copied := said
		copied.Node++
		if err := n.Say(1, copied); !errors.Is(err, round.ErrSignature) {
			t.Errorf("%s, from another node: %v", name, err)
		}
		if err := n.Say(1, said); err != nil {
			t.Fatal(err)
		}
		eve.Refuses = func(a role.Action) bool { _, uploads := a.(trainer.Upload); return !uploads }
		if _, _, err := n.Reach(t.Context(), 1, 2, spec.PhaseTrain); err != nil {
			t.Fatal(err)
		}
		said.Round = 2
		if c.resign {
			said.Signature = spec.SignCharge(eve.OwnerKey, eve.Tools.Slot(theTask, 2), 1, said.Commitment)
		}
		if err := n.Say(1, said); !errors.Is(err, c.want) || spent(t, n) != c.lost {
			t.Errorf("%s, in a later round: %v, and the owner has spent %s", name, err, spent(t, n))
		}
	}
}

// TestGrantedTrainerTakesPart: with the owner's signature a trainer of another account takes
// part, and the owner's data set is charged.
func TestGrantedTrainerTakesPart(t *testing.T) {
	n, granted := lent(t, hospital(), 2)
	granted.OwnerKey = hospital()
	task, err := n.Finish(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := n.Round(1, 2)
	if err != nil || task.Accepted != 2 || spent(t, n) != 2*cost.OneEpsilon {
		t.Errorf("after %d rounds the owner has spent %s (%v)", task.Accepted, spent(t, n), err)
	}
	if own := r.Trainers[0]; own.Dataset != 1 || own.Key != spec.PublicKeyOf(hospital()) || !own.Survivor {
		t.Errorf("its part in round 2 is %+v", own)
	}
}

// TestOwnerDoesNotSign: then nothing is committed to, and the node says why.
func TestOwnerDoesNotSign(t *testing.T) {
	n, node := lent(t, hospital(), 1)
	refusal := errors.New("another update of the round is signed already")
	node.Tools.Sign = func(context.Context, spec.Task, spec.Round, spec.Digest, spec.Salt) (spec.Signature, error) {
		return spec.Signature{}, errors.Join(refusal, role.ErrFinal)
	}
	if _, err := n.Finish(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if r, err := n.Round(1, 1); err != nil || r.Trainers[0].Height != 0 || r.Survivors() != 2 || spent(t, n) != 0 {
		t.Errorf("its part is %+v (%v)", r.Trainers[0], err)
	}
	if len(node.Errs) != 1 || !errors.Is(node.Errs[0], refusal) || !errors.Is(node.Errs[0], trainer.ErrDeclined) {
		t.Errorf("it says %v", node.Errs)
	}
}

// TestWhoCouldNotPayIsNotAsked: a data set that is not granted to the node that holds its
// rows, one whose limit does not cover one round, and one of an owner that the task does
// not admit. A task that needs them is not created.
func TestWhoCouldNotPayIsNotAsked(t *testing.T) {
	for name, c := range map[string]struct {
		epsilon cost.Epsilon // in tenths; a round costs ten
		granted bool
		owners  []string
		asked   bool
	}{
		"it can pay":     {10, true, nil, true},
		"admitted":       {10, true, []string{"node-10", "node-11", "node-9"}, true},
		"not granted":    {10, false, nil, false},
		"a low limit":    {9, true, nil, false},
		"not admitted":   {10, true, []string{"node-10", "node-11"}, false},
		"nobody by name": {10, true, []string{"nobody", "node-10", "node-11"}, false},
	} {
		n, err := sim.Digits(sim.Config{}, 3)
		if err != nil {
			t.Fatal(err)
		}
		for i, node := range n.Nodes[sim.FirstTrainer-1:] {
			epsilon := 100 * cost.OneEpsilon / 10
			if i == 0 {
				epsilon = c.epsilon * cost.OneEpsilon / 10
			}
			limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: epsilon, Delta: cost.OneDelta / 100_000}
			id, err := n.RegisterDataset(node.Owner, spec.PublicKeyOf(node.OwnerKey), limit)
			if err == nil && (i > 0 || c.granted) {
				err = n.Grant(id, node.ID)
			}
			if err := errors.Join(err, n.Hold(node.ID, "digits", id)); err != nil {
				t.Fatal(err)
			}
		}
		task := noisy(spec.KindLaplace, 1)
		task.Selection.Owners = c.owners
		task.Selection.MinTrainers = 3
		if !c.asked && len(c.owners) != 2 { // or too few are named
			if _, err := n.Open("consumer", task); !errors.Is(err, round.ErrBudget) {
				t.Errorf("%s: a task that needs all three: %v", name, err)
			}
		}
		if !c.asked {
			task.Selection.MinTrainers = 2
		}
		id, err := n.Open("consumer", task)
		if err != nil {
			t.Fatal(err)
		}
		_, r, err := n.Reach(t.Context(), id, 1, spec.PhaseTrain)
		if err != nil {
			t.Fatal(err)
		}
		if asked := r.Trainer(sim.FirstTrainer) >= 0; asked != c.asked || len(r.Trainers) < 2 {
			t.Errorf("%s: it is asked: %t, among %d", name, asked, len(r.Trainers))
		}
	}
}
