package sim_test

import (
	"testing"

	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestSound: a chain is sound after every event, which the network looks at by itself;
// whatever is spoiled is found.
func TestSound(t *testing.T) {
	training := func() *sim.Network {
		n := digits(t, sim.Config{}, 3, sim.DigitsTask(1))
		if _, _, err := n.Reach(t.Context(), 1, 1, spec.PhaseTrain); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := training().Sound(); err != nil {
		t.Fatal(err)
	}
	for name := range sim.Spoilers(training().Chain) {
		n := training()
		sim.Spoilers(n.Chain)[name]()
		if n.Sound() == nil {
			t.Errorf("%s is not found", name)
		}
		if _, err := n.Finish(t.Context(), 1); err == nil {
			t.Errorf("%s: the network goes on", name)
		}
	}
}

// BenchmarkSound is what one look costs in a network of 520 nodes.
func BenchmarkSound(b *testing.B) {
	n := sim.New(sim.Config{})
	for range 520 {
		if _, err := n.Join(sim.Member{Roles: spec.Trainer}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := n.Sound(); err != nil {
			b.Fatal(err)
		}
	}
}
