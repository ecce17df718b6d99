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

// noisy is digits with noise that costs an owner epsilon 1 a round, for 3 rounds.
func noisy() spec.TaskSpec {
	t := digits()
	t.Target = spec.Target{Rounds: 3}
	t.Aggregation.Rule = spec.RuleMean
	t.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindLaplace, Clip: spec.One, Noise: spec.One}
	return t
}

// owners is a world as of [single] in which each trainer owns a data set, 1 to 5, whose
// book has so much epsilon.
func owners(w *twins, epsilons ...cost.Epsilon) {
	w.Helper()
	for range 5 {
		w.join(spec.Trainer|spec.DataProvider, 4)
	}
	w.populate(0, 4, 4, 4)
	for i, epsilon := range epsilons {
		w.own(uint64(i)+1, cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: epsilon})
	}
}

// own gives a node a data set of its own, with a limit of which epsilon is in ones and delta
// as usual.
func (w *twins) own(node uint64, limit cost.Limit) {
	w.Helper()
	n, _ := w.one.Node(node)
	limit.Epsilon, limit.Delta = limit.Epsilon*cost.OneEpsilon, cost.OneDelta/100_000
	w.datasets++
	id := w.datasets
	err := w.do("own", func(world World) error {
		got, err := world.Own(n.Owner, spec.PublicKeyOf(ownerKey(id)), limit)
		if err == nil && got != id {
			err = fmt.Errorf("data set %d, want %d", got, id)
		}
		return err
	})
	if err == nil {
		err = w.lend(id, node)
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

func (w *twins) lend(dataset, node uint64) error {
	w.Helper()
	return w.do("lend", func(world World) error { return world.Lend(dataset, node) })
}

// told are the rows of a data set after its limit, in words.
func (w *twins) entries(dataset uint64) (told []string) {
	for _, r := range w.one.History(dataset)[1:] {
		told = append(told, fmt.Sprintf("%s %d of task %d for %s, round %d", r.Entry, r.Releases, r.Task, r.Reason, r.Round))
	}
	return told
}

func (w *twins) spent(dataset uint64, want ...string) {
	w.Helper()
	if diff := cmp.Diff(want, w.entries(dataset)); diff != "" {
		w.Fatalf("data set %d (-want +got):\n%s", dataset, diff)
	}
}

// Each round is reserved when trainers are selected and charged when one commits. Who
// has nothing left for the next round is not asked; who is silent gets back what was
// reserved.
func private(w *twins) {
	owners(w, 9, 1, 9, 9, 9)
	id := w.task("alice", noisy())
	w.reach(cast{}, id, 2, spec.PhaseTrain)
	if asked := w.state(id).Round.Trainers; len(asked) != 4 || slices.ContainsFunc(asked, func(c spec.Contribution) bool { return c.Node == 2 || c.Dataset != c.Node }) {
		w.Fatalf("the second round asks %+v", asked)
	}
	w.reach(cast{silent: []uint64{3}}, id, 2, spec.PhaseAttest)
	w.finish(cast{}, id, spec.TaskSpent, 2250000)
	w.spent(1,
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1",
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 2",
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 3")
	w.spent(2, "reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1")
	w.spent(3,
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1",
		"reserve 1 of task 1 for update, round 0", "release 1 of task 1 for update, round 0",
		"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 3")
	w.hint("charge privacy of 3")
}

// The steps of a round are charged as one release, to each owner under its own adjacency;
// a data set of another unit does not pay.
func privateSampled(w *twins) {
	owners(w)
	for i, a := range cost.Adjacencies() {
		w.own(uint64(i)+1, cost.Limit{Unit: cost.Example, Adjacency: a, Epsilon: 20})
	}
	w.own(4, cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 20})
	asked := noisy()
	asked.Privacy = spec.Privacy{
		Mode: spec.PrivacyExample, Kind: spec.KindGaussian, Clip: spec.One, Noise: 3 * spec.One,
		Rate: 200_000, Steps: 10, Divisor: 32,
	}
	asked.Selection.MinTrainers = 3
	id := w.task("alice", asked)
	w.finish(cast{}, id, spec.TaskSpent, 2250000)
	for dataset := uint64(1); dataset <= 3; dataset++ {
		w.spent(dataset,
			"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1",
			"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 2",
			"reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 3")
	}
	w.spent(4)
}

// A task that too few owners could pay to its end is not created. An owner counts once,
// whatever nodes train on its rows; nor does it train twice in a round.
func privateRefused(w *twins) {
	owners(w, 2, 9)
	if err := w.lend(2, 3); err != nil {
		w.Fatalf("%v", err)
	}
	alice := w.fund("alice", 20*spec.Thing)
	if _, err := w.create(alice, noisy()); !errors.Is(err, round.ErrBudget) {
		w.Fatalf("one owner can pay: got %v", err)
	}
	w.own(4, cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 3})
	id, err := w.create(alice, noisy())
	if err != nil {
		w.Fatalf("two owners can pay: %v", err)
	}
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	var asked []uint64
	for _, c := range w.state(id).Round.Trainers {
		asked = append(asked, c.Node, c.Dataset)
	}
	if diff := cmp.Diff([]uint64{1, 1, 2, 2, 4, 3}, asked); diff != "" {
		w.Fatalf("nodes and data sets of the first round (-want +got):\n%s", diff)
	}
	w.refuse(id, round.Commit{Node: 1, Round: 1, Commitment: digest("update"), Samples: 1}, round.ErrSamples)
	w.finish(cast{}, id, spec.TaskSpent, 2250000)
}

// A task that names owners asks them alone, and counts them alone when it is created.
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
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	if asked := w.state(id).Round.Trainers; len(asked) != 2 || asked[0].Node != 2 || asked[1].Node != 4 {
		w.Fatalf("the round asks %+v", asked)
	}
	if err := w.lend(4, 1); err != nil { // as whose node, does not matter
		w.Fatalf("%v", err)
	}
	w.finish(cast{}, id, spec.TaskSpent, 2250000)
	w.spent(1)
	w.spent(3)
}

// A commitment is paid for by whose owner signed it: this commitment, of this round, from
// this node. What is refused charges nothing.
func privateSigned(w *twins) {
	owners(w, 9, 9, 9)
	id := w.task("alice", noisy())
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	slot := spec.Slot{Chain: Chain, Task: id, Round: 1, Node: 1}
	honest := cast{}.owed(w.state(id))[0].(round.Commit)
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
		w.refuse(id, wrong, round.ErrSignature)
	}
	w.spent(1, "reserve 1 of task 1 for update, round 0")

	// The key that a round began with is the one it ends with.
	if err := w.do("replace the key", func(world World) error { return world.ReplaceKey(1, spec.PublicKeyOf(ownerKey(7))) }); err != nil {
		w.Fatalf("%v", err)
	}
	w.refuse(id, signed(7, slot, 1, honest.Commitment), round.ErrSignature)
	w.hear(id, honest)
	w.spent(1, "reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1")

	// What was said is worth nothing in the next round, nor is the former key.
	w.reach(cast{silent: []uint64{1}}, id, 2, spec.PhaseTrain)
	again := honest
	again.Round = 2
	w.refuse(id, again, round.ErrSignature)
	slot.Round = 2
	again.Signature = spec.SignCharge(ownerKey(1), slot, 1, again.Commitment)
	w.refuse(id, again, round.ErrSignature)
	again.Signature = spec.SignCharge(ownerKey(7), slot, 1, again.Commitment)
	w.hear(id, again)
	w.finish(cast{silent: []uint64{1}}, id, spec.TaskSpent, 2250000)
}

// A round in which too few commit gives back what the others reserved, and keeps what was
// charged.
func privateAborted(w *twins) {
	owners(w, 9, 9, 9)
	asked := noisy()
	asked.Retries = 0
	id := w.task("alice", asked)
	w.reach(cast{}, id, 1, spec.PhaseTrain)
	w.answer(cast{silent: []uint64{2, 3}}, id)
	w.until(cast{silent: []uint64{2, 3}}, id, func(s round.State) bool { return s.Task.State.Final() })
	w.ended(id, spec.TaskFailed, 23433)
	w.spent(1, "reserve 1 of task 1 for update, round 0", "charge 1 of task 1 for update, round 1")
	for _, silent := range []uint64{2, 3} {
		w.spent(silent, "reserve 1 of task 1 for update, round 0", "release 1 of task 1 for update, round 0")
	}
}
