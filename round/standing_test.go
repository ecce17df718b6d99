package round_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

func TestReputationRisesSlowlyAndFallsFast(t *testing.T) {
	s := round.NewStanding()
	if s.Reputation != 500_000 {
		t.Errorf("a node begins with %d, want 500000", s.Reputation)
	}
	for i, c := range []struct {
		up   bool
		want spec.PPM
	}{{true, 525_000}, {true, 548_750}, {false, 411_563}, {false, 308_673}} {
		if c.up {
			s = round.Praise(s)
		} else {
			s = round.Blame(s, spec.Demerit{})
		}
		if s.Reputation != c.want {
			t.Errorf("step %d: got %d, want %d", i, s.Reputation, c.want)
		}
	}
	for rep := range spec.One + 1 {
		s := spec.Standing{Reputation: rep}
		up, down := round.Praise(s).Reputation, round.Blame(s, spec.Demerit{}).Reputation
		if up < rep || up > spec.One || down > rep || rep > 3 && down == rep {
			t.Fatalf("%d: rises to %d, falls to %d", rep, up, down)
		}
	}
}

func TestDemeritKeepsItsReason(t *testing.T) {
	first := spec.Demerit{Task: 1, Round: 2, Height: 30, Reason: "update withheld"}
	last := spec.Demerit{Task: 4, Height: 50, Reason: "silent in the preparation"}
	s := round.Blame(round.Blame(round.NewStanding(), first), last)
	if s.Blame != last {
		t.Errorf("got %+v, want the last demerit", s.Blame)
	}
	if s = round.Praise(s); s.Blame != last {
		t.Errorf("after a merit: got %+v, want the last demerit", s.Blame)
	}
}

func TestBusyCountsTasks(t *testing.T) {
	s := round.NewStanding()
	for i, c := range []struct {
		delta   int
		want    uint32
		refused bool
	}{{2, 2, false}, {-3, 2, true}, {1 << 32, 2, true}, {-2, 0, false}, {-1, 0, true}} {
		after, err := round.Occupy(s, c.delta)
		if (err != nil) != c.refused || after.Busy != c.want {
			t.Errorf("step %d by %d: got %d, %v; want %d, refused %v", i, c.delta, after.Busy, err, c.want, c.refused)
		}
		s = after
	}
}

func TestRecordHoldsTheNewestMeasures(t *testing.T) {
	s := round.NewStanding()
	for i := range 40 {
		s = round.Measured(s, fmt.Sprintf("data%d", i), spec.PPM(i))
	}
	before := slices.Clone(s.Measured)
	after := round.Measured(s, "data20", 900_000)
	if d := cmp.Diff(before, s.Measured); d != "" {
		t.Errorf("a step changes the standing it was given:\n%s", d)
	}
	n := spec.Node{Standing: after}
	if accuracy, measured := n.Accuracy("data20"); accuracy != 900_000 || !measured || n.Measured[12].Tasks != 2 {
		t.Errorf("got %d, %v in %d tasks; want what was measured last", accuracy, measured, n.Measured[12].Tasks)
	}
	if len(n.Measured) != 32 || n.Measured[0].Kind != "data8" {
		t.Errorf("got %d measures from %s on, want the newest 32", len(n.Measured), n.Measured[0].Kind)
	}
}
