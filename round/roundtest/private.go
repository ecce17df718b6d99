package roundtest

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// noisy is [digits] for 3 rounds, with noise that costs an owner epsilon 1 per round.
func noisy() spec.TaskSpec {
	t := digits()
	t.Target = spec.Target{Rounds: 3}
	t.Aggregation.Rule = spec.RuleMean
	t.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindLaplace, Clip: spec.One, Noise: spec.One}
	return t
}

// owners registers the nodes of [openTask]. Each trainer for which a budget is given owns the
// data set with its own id, with that budget of epsilon.
func owners(w *twins, epsilons ...cost.Epsilon) {
	w.Helper()
	for range 5 {
		w.join(spec.Trainer|spec.DataProvider, 4)
	}
	w.populate(0, 4, 4, 4)
	for i, epsilon := range epsilons {
		w.registerDataset(uint64(i)+1, cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: epsilon})
	}
}

// registerDataset registers a data set for the owner of a node, and lets the node train on it. The
// epsilon of the limit is in whole units; delta is the usual one.
func (w *twins) registerDataset(node uint64, limit cost.Limit) {
	w.Helper()
	n, _ := w.one.Node(node)
	limit.Epsilon, limit.Delta = limit.Epsilon*cost.OneEpsilon, cost.OneDelta/100_000
	w.datasets++
	id := w.datasets
	err := w.do("own", func(world World) error {
		got, err := world.RegisterDataset(n.Owner, spec.PublicKeyOf(ownerKey(id)), limit)
		if err == nil && got != id {
			err = fmt.Errorf("data set %d, want %d", got, id)
		}
		return err
	})
	if err == nil {
		err = w.grantDataset(id, node)
	}
	if err != nil {
		w.Fatalf("node %d: %v", node, err)
	}
}

// ownerKey is the key with which the owner of a data set signs.
func ownerKey(dataset uint64) ed25519.PrivateKey {
	seed := digest("owner of data set %d", dataset)
	return ed25519.NewKeyFromSeed(seed[:])
}

func (w *twins) grantDataset(dataset, node uint64) error {
	w.Helper()
	return w.do("lend", func(world World) error { return world.GrantDataset(dataset, node) })
}

// entries describes the rows of a data set's ledger after the row with its limit.
func (w *twins) entries(dataset uint64) (lines []string) {
	for _, r := range w.one.LedgerRows(dataset)[1:] {
		lines = append(lines, fmt.Sprintf("%s %d of task %d for %s, round %d", r.Entry, r.Releases, r.Task, r.Reason, r.Round))
	}
	return lines
}

func (w *twins) wantLedger(dataset uint64, want ...string) {
	w.Helper()
	if diff := cmp.Diff(want, w.entries(dataset)); diff != "" {
		w.Fatalf("data set %d (-want +got):\n%s", dataset, diff)
	}
}

// privateCharged: a round is reserved in the budget of each selected trainer, and charged when
// the trainer commits. An owner without budget for a round is not selected. A silent trainer
// gets the reservation back.
func privateCharged(w *twins) {
	owners(w, 9, 1, 9, 9, 9)
	id := w.task("alice", noisy())
	w.reach(behaviour{}, id, 2, spec.PhaseTrain)
	if asked := w.state(id).Round.Trainers; len(asked) != 4 || slices.ContainsFunc(asked, func(c spec.Contribution) bool { return c.Node == 2 || c.Dataset != c.Node }) {
		w.Fatalf("the second round asks %+v", asked)
	}
	w.reach(behaviour{silent: []uint64{3}}, id, 2, spec.PhaseAttest)
	w.finish(behaviour{}, id, spec.TaskSpent, 2250000)
	w.wantLedger(1,
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1",
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 2",
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 3")
	w.wantLedger(2, "reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1")
	w.wantLedger(3,
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1",
		"reserve 1 of task 1 for update, round 0", "release 1 of task 1 for update, round 0",
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 3")
	w.wantAnnounced("charge privacy of 3")
}

// privateSampled: the steps of a round are charged as one release, to each owner under its own
// adjacency. A data set with another unit cannot pay.
func privateSampled(w *twins) {
	owners(w)
	for i, a := range cost.Adjacencies() {
		w.registerDataset(uint64(i)+1, cost.Limit{Unit: cost.Example, Adjacency: a, Epsilon: 20})
	}
	w.registerDataset(4, cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 20})
	asked := noisy()
	asked.Privacy = spec.Privacy{
		Mode: spec.PrivacyExample, Kind: spec.KindGaussian, Clip: spec.One, Noise: 3 * spec.One,
		Rate: 200_000, Steps: 10, Divisor: 32,
	}
	asked.Selection.MinTrainers = 3
	id := w.task("alice", asked)
	w.finish(behaviour{}, id, spec.TaskSpent, 2250000)
	for dataset := uint64(1); dataset <= 3; dataset++ {
		w.wantLedger(dataset,
			"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1",
			"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 2",
			"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 3")
	}
	w.wantLedger(4)
}

// privateRefused: a task is refused if too few owners could pay for all its rounds. An owner
// counts once, even if several nodes train on its rows, and only one of them is selected.
func privateRefused(w *twins) {
	owners(w, 2, 9)
	if err := w.grantDataset(2, 3); err != nil {
		w.Fatalf("%v", err)
	}
	alice := w.fund("alice", 20*spec.Thing)
	if _, err := w.create(alice, noisy()); !errors.Is(err, round.ErrBudget) {
		w.Fatalf("one owner can pay: got %v", err)
	}
	w.registerDataset(4, cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 3})
	id, err := w.create(alice, noisy())
	if err != nil {
		w.Fatalf("two owners can pay: %v", err)
	}
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	var asked []uint64
	for _, c := range w.state(id).Round.Trainers {
		asked = append(asked, c.Node, c.Dataset)
	}
	if diff := cmp.Diff([]uint64{1, 1, 2, 2, 4, 3}, asked); diff != "" {
		w.Fatalf("nodes and data sets of the first round (-want +got):\n%s", diff)
	}
	w.wantRefused(id, round.Commit{Node: 1, Round: 1, Commitment: digest("update"), Samples: 1}, round.ErrSamples)
	w.finish(behaviour{}, id, spec.TaskSpent, 2250000)
}

// privateAdmitted: a task that names owners selects only their nodes, and only they are counted
// when it is created.
func privateAdmitted(w *twins) {
	owners(w, 9, 9, 9, 9)
	owner := func(node uint64) string {
		n, _ := w.one.Node(node)
		return n.Owner
	}
	admit := func(nodes ...uint64) spec.TaskSpec {
		asked := noisy()
		for _, node := range nodes {
			asked.Selection.Owners = append(asked.Selection.Owners, owner(node))
		}
		slices.Sort(asked.Selection.Owners)
		return asked
	}
	alice := w.fund("alice", 30*spec.Thing)
	if _, err := w.create(alice, admit(2, 5)); !errors.Is(err, round.ErrBudget) { // 5 has no data set
		w.Fatalf("one of the admitted owners can pay: got %v", err)
	}
	if _, err := w.create(alice, admit(2)); !errors.Is(err, round.ErrSpec) {
		w.Fatalf("fewer owners than trainers: got %v", err)
	}
	id, err := w.create(alice, admit(2, 4, 5))
	if err != nil {
		w.Fatalf("two of the admitted owners can pay: %v", err)
	}
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	if asked := w.state(id).Round.Trainers; len(asked) != 2 || asked[0].Node != 2 || asked[1].Node != 4 {
		w.Fatalf("the round asks %+v", asked)
	}
	if err := w.grantDataset(4, 1); err != nil { // an owner is admitted whichever node trains on its rows
		w.Fatalf("%v", err)
	}
	w.finish(behaviour{}, id, spec.TaskSpent, 2250000)
	w.wantLedger(1)
	w.wantLedger(3)
}

// privateSigned: a commitment is accepted only if the owner of the trainer's data set signed it,
// for this round and this node. A refused commitment charges nothing.
func privateSigned(w *twins) {
	owners(w, 9, 9, 9)
	id := w.task("alice", noisy())
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	slot := spec.Slot{Chain: Chain, Task: id, Round: 1, Node: 1}
	honest := behaviour{}.owed(w.state(id))[0].(round.Commit)
	signed := func(key uint64, slot spec.Slot, dataset uint64, commitment spec.Digest) round.Commit {
		in := honest
		in.Signature = spec.SignCharge(ownerKey(key), slot, dataset, commitment)
		return in
	}
	with := func(change func(*spec.Slot)) spec.Slot {
		s := slot
		change(&s)
		return s
	}
	unsigned := honest
	unsigned.Signature = spec.Signature{}
	for _, wrong := range []round.Commit{
		unsigned,
		signed(2, slot, 1, honest.Commitment),
		signed(1, slot, 2, honest.Commitment),
		signed(1, slot, 1, digest("another update")),
		signed(1, with(func(s *spec.Slot) { s.Chain = "another" }), 1, honest.Commitment),
		signed(1, with(func(s *spec.Slot) { s.Task++ }), 1, honest.Commitment),
		signed(1, with(func(s *spec.Slot) { s.Round++ }), 1, honest.Commitment),
		signed(1, with(func(s *spec.Slot) { s.Node = 2 }), 1, honest.Commitment),
	} {
		w.wantRefused(id, wrong, round.ErrSignature)
	}
	w.wantLedger(1, "reserve 1 of task 1 for update, round 0")

	// A round verifies signatures with the owner's key that was valid when the round began.
	if err := w.do("replace the key", func(world World) error { return world.ReplaceKey(1, spec.PublicKeyOf(ownerKey(7))) }); err != nil {
		w.Fatalf("%v", err)
	}
	w.wantRefused(id, signed(7, slot, 1, honest.Commitment), round.ErrSignature)
	w.wantAccepted(id, honest)
	w.wantLedger(1, "reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1")

	// In the next round neither the old signature nor the old key is accepted.
	w.reach(behaviour{silent: []uint64{1}}, id, 2, spec.PhaseTrain)
	again := honest
	again.Round = 2
	w.wantRefused(id, again, round.ErrSignature)
	slot.Round = 2
	again.Signature = spec.SignCharge(ownerKey(1), slot, 1, again.Commitment)
	w.wantRefused(id, again, round.ErrSignature)
	again.Signature = spec.SignCharge(ownerKey(7), slot, 1, again.Commitment)
	w.wantAccepted(id, again)
	w.finish(behaviour{silent: []uint64{1}}, id, spec.TaskSpent, 2250000)
}

// privateAborted: a round in which too few commit gives the reservations of the others back, and
// keeps the charge of those that committed.
func privateAborted(w *twins) {
	owners(w, 9, 9, 9)
	asked := noisy()
	asked.Retries = 0
	id := w.task("alice", asked)
	w.reach(behaviour{}, id, 1, spec.PhaseTrain)
	w.answer(behaviour{silent: []uint64{2, 3}}, id)
	w.until(behaviour{silent: []uint64{2, 3}}, id, func(s round.State) bool { return s.Task.State.Final() })
	w.wantEnded(id, spec.TaskFailed, 23433)
	w.wantLedger(1, "reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1")
	for _, silent := range []uint64{2, 3} {
		w.wantLedger(silent, "reserve 1 of task 1 for update, round 0", "release 1 of task 1 for update, round 0")
	}
}
