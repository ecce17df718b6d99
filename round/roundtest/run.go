package roundtest

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/althing-network/althing/spec"
)

// Run tests that two worlds behave in the same way. Each call of one and of other returns an
// empty world. The function account returns the address of a named account in both worlds.
func Run(t *testing.T, account func(name string) string, one, other func() World) {
	open := func(t failer) *twins {
		return &twins{failer: t, one: one(), other: other(), account: account, reasons: map[string]int{}}
	}
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			w := open(t)
			s.play(w)
			w.finishAll()
		})
	}
	t.Run("random tasks", func(t *testing.T) { random(t, open) })
}

// digits is a task of 2 rounds, which pays 1 THING per round. It has at most 4 trainers (6 with
// backups), 4 aggregators and 4 evaluators. Its target accuracy is 0.9.
func digits() spec.TaskSpec {
	t := spec.DefaultTask()
	t.Name = "digits"
	t.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	t.Data = spec.Data{Name: "digits"}
	t.Training.Rate = 100_000
	t.Selection.Trainers, t.Selection.MinTrainers = 4, 2
	t.Selection.Aggregators, t.Selection.Evaluators = 4, 4
	t.Target = spec.Target{Accuracy: 900_000, Rounds: 2}
	t.Escrow = 3 * spec.Thing
	t.Retries = 1
	t.Deadlines = spec.Deadlines{
		Select: 20 * spec.Second, Train: 20 * spec.Second,
		Attest: 10 * spec.Second, Aggregate: 10 * spec.Second, Evaluate: 10 * spec.Second,
	}
	t.Overlap = false
	return t
}

// stake is what each node locks, in uthing: the minimum.
const stake = spec.Thing

// transportKey is the key with which a named node signs receipts.
func transportKey(name string) ed25519.PrivateKey {
	seed := digest("transport key of %s", name)
	return ed25519.NewKeyFromSeed(seed[:])
}

// profile is the profile of a named node that has 100 rows of digits.
func profile(name string, roles spec.Role, slots uint32) spec.Profile {
	return spec.Profile{
		Name: name, Roles: roles, Slots: slots, Endpoint: "https://" + name + ".example",
		TransportKey: transportKey(name).Public().(ed25519.PublicKey), Holdings: []spec.Holding{{Name: "digits", Samples: 100}},
		Policy: spec.Policy{SoleAggregator: true},
	}
}

// join funds an account and registers a node for it.
func (w *twins) join(roles spec.Role, slots uint32) uint64 {
	w.Helper()
	name := fmt.Sprintf("node%d", w.nodes+1)
	id, err := w.register(w.fund(name, 2*stake), profile(name, roles, slots), stake)
	if err != nil {
		w.Fatalf("%s: %v", name, err)
	}
	return id
}

// populate registers trainers, then aggregators, then evaluators, with ascending ids.
func (w *twins) populate(trainers, aggregators, evaluators int, slots uint32) {
	w.Helper()
	for _, group := range []struct {
		role spec.Role
		n    int
	}{{spec.Trainer, trainers}, {spec.Aggregator, aggregators}, {spec.Evaluator, evaluators}} {
		for range group.n {
			w.join(group.role, slots)
		}
	}
}
