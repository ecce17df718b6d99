package roundtest

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/althing-network/althing/spec"
)

// Run tests that two worlds do the same. Each call of one and other gives an empty
// world; account is an account that both know by a name.
func Run(t *testing.T, account func(name string) string, one, other func() World) {
	open := func(t failer) *twins {
		return &twins{failer: t, one: one(), other: other(), account: account, heard: map[string]int{}}
	}
	for _, l := range lives() {
		t.Run(l.name, func(t *testing.T) {
			w := open(t)
			l.play(w)
			w.silence()
		})
	}
	t.Run("random lives", func(t *testing.T) { random(t, open) })
}

// digits pays 1 THING for each of 2 rounds with at most 4 trainers (6 with
// backups) and a committee of 4 and 4; it is done at an accuracy of 0.9.
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

// stake is what a node locks, in uthing: as much as a chain asks for at least.
const stake = spec.Thing

// transportKey is the key with which the node of a name signs receipts.
func transportKey(name string) ed25519.PrivateKey {
	seed := digest("transport key of %s", name)
	return ed25519.NewKeyFromSeed(seed[:])
}

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

// populate has trainers, aggregators and evaluators join, so that those of the
// first role have the lowest ids.
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
