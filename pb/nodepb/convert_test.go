package nodepb_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

func nodes() *rapid.Generator[spec.Node] {
	return rapid.Custom(func(t *rapid.T) spec.Node {
		n := rapid.Make[spec.Node]().Draw(t, "node")
		n.Profile.Roles &= spec.DataProvider | spec.Trainer | spec.Aggregator | spec.Evaluator | spec.Consumer
		n.State = rapid.SampledFrom(spec.NodeStates()).Draw(t, "state")
		return n
	})
}

func TestNodeComesBackFromTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := nodes().Draw(t, "node")
		sent := nodepb.NodeFromSpec(want)
		raw, err := sent.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var received nodepb.Node
		if err := received.Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
		got, err := received.ToSpec()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

func TestUnknownRoleIsRefused(t *testing.T) {
	for _, roles := range []uint32{0x20, 0x100, 0x101, 1 << 31} {
		n := nodepb.Node{Id: 7, Profile: nodepb.Profile{Roles: roles}}
		if _, err := n.ToSpec(); err == nil || !strings.Contains(err.Error(), "node 7: roles") {
			t.Errorf("roles %#x: got error %v, want one that names node 7 and its roles", roles, err)
		}
	}
}

func TestEveryStateHasANumber(t *testing.T) {
	for _, want := range spec.NodeStates() {
		if got, err := nodepb.NodeStateFromSpec(want).ToSpec(); got != want || err != nil {
			t.Errorf("%s comes back as %q, %v", want, got, err)
		}
	}
	n := nodepb.Node{Id: 7}
	if _, err := n.ToSpec(); err == nil || !strings.Contains(err.Error(), "node 7: unknown node state 0") {
		t.Errorf("no state: got error %v", err)
	}
}

func FuzzNode(f *testing.F) {
	seed := nodepb.NodeFromSpec(spec.Node{
		ID: 1, Owner: "ann",
		Deposit: spec.Deposit{
			State: spec.NodeActive, Stake: 5, Granted: 2, Bonded: 2, Unbondings: 1, Removed: true,
			Unbonding: []spec.Unbonding{{Number: 1, Amount: 3, Since: 10, Due: 1000}},
		},
		Profile: spec.Profile{Name: "n", Roles: spec.Trainer, Holdings: []spec.Holding{{Name: "digits", Samples: 9}}},
		Standing: spec.Standing{
			Reputation: spec.One / 2,
			Measured:   []spec.Measure{{Kind: "digits", Accuracy: 900_000, Tasks: 1}},
			History:    []spec.Change{{Task: 1, Round: 2, Height: 3, Demerit: true, Reason: "update withheld"}},
		},
	})
	raw, err := seed.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte{0x1a, 0x02, 0x10, 0xff})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m nodepb.Node
		if m.Unmarshal(raw) != nil {
			return
		}
		n, err := m.ToSpec()
		if err != nil {
			return
		}
		back := nodepb.NodeFromSpec(n)
		again, err := back.ToSpec()
		if err != nil {
			t.Fatalf("a node that was read cannot be read again: %v", err)
		}
		if d := cmp.Diff(n, again, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("(-first +second):\n%s", d)
		}
	})
}
