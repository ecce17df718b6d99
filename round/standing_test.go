package round_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// TestReputationRisesSlowlyAndFallsFast: praise adds 1/20 of what is missing to 1, and blame takes
// away 1/4.
func TestReputationRisesSlowlyAndFallsFast(t *testing.T) {
	s := round.NewStanding()
	if s.Reputation != 250_000 {
		t.Errorf("a new node has reputation %d, want 250000", s.Reputation)
	}
	for i, c := range []struct {
		up   bool
		want spec.PPM
	}{{true, 287_500}, {true, 323_125}, {false, 242_344}, {false, 181_758}} {
		if c.up {
			s = round.Praise(s, spec.Change{})
		} else {
			s = round.Blame(s, spec.Change{})
		}
		if s.Reputation != c.want {
			t.Errorf("step %d: got %d, want %d", i, s.Reputation, c.want)
		}
	}
	for rep := range spec.One + 1 {
		s := spec.Standing{Reputation: rep}
		up, down := round.Praise(s, spec.Change{}).Reputation, round.Blame(s, spec.Change{}).Reputation
		if up < rep || up > spec.One || down > rep || rep > 3 && down == rep {
			t.Fatalf("%d: rises to %d, falls to %d", rep, up, down)
		}
	}
}

// TestEachChangeKeepsItsReason: the history holds the newest 16 changes with their reasons.
func TestEachChangeKeepsItsReason(t *testing.T) {
	first := spec.Change{Task: 1, Round: 2, Height: 30, Reason: "update withheld"}
	last := spec.Change{Task: 4, Height: 50, Reason: "silent in the preparation"}
	s := round.NewStanding()
	if c, blamed := s.Blame(); blamed {
		t.Errorf("a newcomer was blamed for %+v", c)
	}
	s = round.Praise(round.Blame(round.Blame(s, first), last), spec.Change{Task: 5, Height: 60, Reason: "update survived"})
	first.Demerit, last.Demerit = true, true
	first.Reputation, last.Reputation = 187_500, 140_625
	praise := spec.Change{Task: 5, Height: 60, Reputation: 183_593, Reason: "update survived"}
	if d := cmp.Diff([]spec.Change{first, last, praise}, s.History); d != "" {
		t.Errorf("history (-want +got):\n%s", d)
	}
	if c, blamed := s.Blame(); c != last || !blamed {
		t.Errorf("got %+v, want the last demerit", c)
	}
	many := s
	for i := range uint64(100) {
		many = round.Praise(many, spec.Change{Task: i})
	}
	if len(many.History) != 16 || many.History[0].Task != 84 || many.History[15].Task != 99 || len(s.History) != 3 {
		t.Errorf("got %d changes from task %d on, want the newest 16, and no change of the standing that was passed in", len(many.History), many.History[0].Task)
	}
}

// TestAttack19NewIdAfterABadName: a node with a bad reputation registers again under a new id. It
// ranks below every node that has served for a while.
func TestAttack19NewIdAfterABadName(t *testing.T) {
	honest, serves := round.NewStanding(), 0
	for ; honest.Reputation < spec.One/2; serves++ {
		honest = round.Praise(honest, spec.Change{})
	}
	bad := honest
	for range 3 {
		bad = round.Blame(bad, spec.Change{})
	}
	again := round.NewStanding()
	if again.Reputation >= honest.Reputation || serves < 8 {
		t.Errorf("a new id has %s, a node that has served %d times %s", again.Reputation, serves, honest.Reputation)
	}
	if bad.Reputation >= again.Reputation {
		t.Errorf("three demerits leave %s, and a new id has %s: nobody would register again, so the test shows nothing", bad.Reputation, again.Reputation)
	}
}

// TestBusyCountsTasks: a count that would become negative or overflow is refused.
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

// TestRecordHoldsTheNewestMeasures: a node's record holds the newest 32 kinds of data.
func TestRecordHoldsTheNewestMeasures(t *testing.T) {
	s := round.NewStanding()
	for i := range 40 {
		s = round.Measured(s, fmt.Sprintf("data%d", i), spec.PPM(i))
	}
	before := slices.Clone(s.Measured)
	after := round.Measured(s, "data20", 900_000)
	if d := cmp.Diff(before, s.Measured); d != "" {
		t.Errorf("Measured changes the standing that it was given:\n%s", d)
	}
	n := spec.Node{Standing: after}
	if accuracy, measured := n.Accuracy("data20"); accuracy != 900_000 || !measured || n.Measured[12].Tasks != 2 {
		t.Errorf("got accuracy %d, measured %t, in %d tasks; want 900000, true, 2", accuracy, measured, n.Measured[12].Tasks)
	}
	if len(n.Measured) != 32 || n.Measured[0].Kind != "data8" {
		t.Errorf("got %d measures from %s on, want the newest 32", len(n.Measured), n.Measured[0].Kind)
	}
}
