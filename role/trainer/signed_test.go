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
	"github.com/althing-network/althing/sim/simtest"
	"github.com/althing-network/althing/spec"
)

// openWithGrant returns a network like [openWithBudgets], in which the owner of the first
// trainer's data set has no node, and has granted the data set to that trainer. The owner signs
// with the given key. All other trainers sign for their own data sets.
func openWithGrant(t *testing.T, key ed25519.PrivateKey, rounds uint32) (n *sim.Network, granted *sim.Node) {
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
	if _, err := n.Open("consumer", localTask(spec.KindLaplace, rounds)); err != nil {
		t.Fatal(err)
	}
	return n, n.Nodes[sim.FirstTrainer-1]
}

// ownerKey is the owner's key, which the granted trainer does not have.
func ownerKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) }

// ownerSpent returns how much of its budget the owner has spent.
func ownerSpent(t *testing.T, n *sim.Network) cost.Epsilon {
	t.Helper()
	b, _, err := n.Book(1)
	if err != nil {
		t.Fatal(err)
	}
	return b.Spent.Epsilon
}

// TestAttackGrantedTrainerDrainsOwner: a trainer with an owner's grant commits to a meaningless
// digest in each round without asking the owner. If it had the owner's key, that would spend
// the owner's budget. The grant alone spends nothing.
func TestAttackGrantedTrainerDrainsOwner(t *testing.T) {
	const rounds = 3
	drain := func(n *sim.Network, eve *sim.Node) (refused error) {
		eve.Refuses = func(role.Action) bool { return true }
		for number := uint64(1); number <= rounds; number++ {
			_, r := simtest.Reach(t, n, number, spec.PhaseTrain)
			slot, nothing := eve.Tools.Slot(firstTask, number), spec.DigestOf([]byte{byte(number)})
			err := n.Say(1, round.Commit{
				Node: eve.ID, Round: number, Commitment: nothing,
				Signature: spec.SignCharge(eve.OwnerKey, slot, r.Trainers[0].Dataset, nothing),
			})
			refused = errors.Join(refused, err)
		}
		simtest.Finish(t, n)
		return refused
	}
	eves := func() ed25519.PrivateKey { _, eve := openWithGrant(t, ownerKey(), 1); return eve.OwnerKey }()
	n, eve := openWithGrant(t, eves, rounds)
	if err := drain(n, eve); err != nil || ownerSpent(t, n) != rounds*cost.OneEpsilon {
		t.Errorf("with the owner's key, the owner has spent %s after %d rounds: %v", ownerSpent(t, n), rounds, err)
	}
	n, eve = openWithGrant(t, ownerKey(), rounds)
	if err := drain(n, eve); !errors.Is(err, round.ErrSignature) || ownerSpent(t, n) != 0 {
		t.Errorf("with the grant alone, the owner has spent %s, want 0: %v", ownerSpent(t, n), err)
	}
	if b, _, err := n.Book(1); err != nil || b.Left() != 9*cost.OneEpsilon {
		t.Errorf("epsilon %s is left (%v), want 9", b.Left(), err)
	}
}

// TestAttackCommitmentSentAgain: a commitment that the owner has signed once is sent again, in a
// later round and from another node. Only with the owner's key is it charged again.
func TestAttackCommitmentSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		hasKey bool // the trainer has the owner's key
		want   error
		spent  cost.Epsilon
	}{
		"with the key":    {true, nil, 2 * cost.OneEpsilon},
		"without the key": {false, round.ErrSignature, cost.OneEpsilon},
	} {
		n, eve := openWithGrant(t, ownerKey(), 2)
		eve.OwnerKey = ownerKey() // in round 1 the owner signs
		task, r := simtest.Reach(t, n, 1, spec.PhaseTrain)
		event, err := trainOnce(t, eve, role.Duty{Task: task, Round: r})
		if err != nil {
			t.Fatal(err)
		}
		done := event.(trainer.Trained)
		said := round.Commit{Node: eve.ID, Round: 1, Commitment: done.Commitment, Signature: done.Signature}
		copied := said
		copied.Node++
		if err := n.Say(1, copied); !errors.Is(err, round.ErrSignature) {
			t.Errorf("%s, from another node: got error %v, want %v", name, err, round.ErrSignature)
		}
		if err := n.Say(1, said); err != nil {
			t.Fatal(err)
		}
		eve.Refuses = func(a role.Action) bool { _, uploads := a.(trainer.Upload); return !uploads }
		simtest.Reach(t, n, 2, spec.PhaseTrain)
		said.Round = 2
		if c.hasKey {
			said.Signature = spec.SignCharge(eve.OwnerKey, eve.Tools.Slot(firstTask, 2), 1, said.Commitment)
		}
		if err := n.Say(1, said); !errors.Is(err, c.want) || ownerSpent(t, n) != c.spent {
			t.Errorf("%s, in a later round: got error %v, want %v; the owner has spent %s, want %s", name, err, c.want, ownerSpent(t, n), c.spent)
		}
	}
}

// TestGrantedTrainerTakesPart: with the owner's signature, a trainer of another account takes
// part, and the owner's data set is charged.
func TestGrantedTrainerTakesPart(t *testing.T) {
	n, granted := openWithGrant(t, ownerKey(), 2)
	granted.OwnerKey = ownerKey()
	task := simtest.Finish(t, n)
	r, err := n.Round(1, 2)
	if err != nil || task.Accepted != 2 || ownerSpent(t, n) != 2*cost.OneEpsilon {
		t.Errorf("after %d rounds the owner has spent %s (%v)", task.Accepted, ownerSpent(t, n), err)
	}
	if own := r.Trainers[0]; own.Dataset != 1 || own.Key != spec.PublicKeyOf(ownerKey()) || !own.Survivor {
		t.Errorf("the trainer's part in round 2 is %+v, want a survivor with data set 1 and the owner's key", own)
	}
}

// TestTrainerDeclinesIfTheOwnerDoesNotSign: nothing is committed, and the node says why.
func TestTrainerDeclinesIfTheOwnerDoesNotSign(t *testing.T) {
	n, node := openWithGrant(t, ownerKey(), 1)
	refusal := errors.New("another update of the round is signed already")
	node.Tools.Sign = func(context.Context, spec.Task, spec.Round, spec.Digest, spec.Salt) (spec.Signature, error) {
		return spec.Signature{}, errors.Join(refusal, role.ErrFinal)
	}
	simtest.Finish(t, n)
	if r, err := n.Round(1, 1); err != nil || r.Trainers[0].Height != 0 || r.Survivors() != 2 || ownerSpent(t, n) != 0 {
		t.Errorf("the trainer's part is %+v (%v), want no commitment", r.Trainers[0], err)
	}
	if len(node.Errs) != 1 || !errors.Is(node.Errs[0], refusal) || !errors.Is(node.Errs[0], trainer.ErrDeclined) {
		t.Errorf("got errors %v, want one that wraps %v", node.Errs, refusal)
	}
}

// TestTrainerWhoseDataSetCannotPayIsNotSelected: because the data set is not granted to the node
// that holds its rows, because its limit does not cover one round, or because the task does not
// admit its owner. A task that needs that trainer is not created.
func TestTrainerWhoseDataSetCannotPayIsNotSelected(t *testing.T) {
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
		task := localTask(spec.KindLaplace, 1)
		task.Selection.Owners = c.owners
		task.Selection.MinTrainers = 3
		if !c.asked && len(c.owners) != 2 { // a task that names too few owners is refused for that
			if _, err := n.Open("consumer", task); !errors.Is(err, round.ErrBudget) {
				t.Errorf("%s: a task that needs all three trainers: got error %v, want %v", name, err, round.ErrBudget)
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
			t.Errorf("%s: the trainer is selected: %t, want %t; %d trainers, want at least 2", name, asked, c.asked, len(r.Trainers))
		}
	}
}
