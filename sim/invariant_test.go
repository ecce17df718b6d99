package sim_test

import (
	"testing"

	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestCheckInvariantsFindsEveryViolation: a chain passes at every moment, and each violation
// is found and stops the network, which checks the invariants after every message and block.
func TestCheckInvariantsFindsEveryViolation(t *testing.T) {
	training := func() *sim.Network { // a network in the phase train of round 1
		n := digits(t, sim.Config{}, 3, sim.DigitsTask(1))
		if _, _, err := n.Reach(t.Context(), 1, 1, spec.PhaseTrain); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := training().CheckInvariants(); err != nil {
		t.Fatal(err)
	}
	for name := range sim.Violations(training().Chain) {
		n := training()
		sim.Violations(n.Chain)[name]()
		if n.CheckInvariants() == nil {
			t.Errorf("%s: CheckInvariants finds no violation", name)
		}
		if _, err := n.Finish(t.Context(), 1); err == nil {
			t.Errorf("%s: the network goes on: want an error", name)
		}
	}
}

// BenchmarkCheckInvariants measures one check of a network of 520 nodes.
func BenchmarkCheckInvariants(b *testing.B) {
	n := sim.New(sim.Config{})
	for range 520 {
		if _, err := n.Join(sim.Member{Roles: spec.Trainer}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if err := n.CheckInvariants(); err != nil {
			b.Fatal(err)
		}
	}
}
