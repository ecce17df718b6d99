package node_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// failer is what tests of both kinds have.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func (r registry) export(t failer) nodepb.Genesis {
	t.Helper()
	var g nodepb.Genesis
	if err := r.codec.Codec.UnmarshalJSON(r.module().ExportGenesis(r.ctx, r.codec.Codec), &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGenesisComesBack(t *testing.T) {
	r := open("ann", "bob", "cho")
	for _, p := range []string{"ann", "bob", "cho"} {
		r.register(t, p, 2_000_000)
	}
	if _, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner("cho")}); err != nil {
		t.Fatal(err)
	}
	if err := r.Measure(r.ctx, 2, "digits", 900_000); err != nil {
		t.Fatal(err)
	}
	if err := r.Demerit(r.ctx, 1, spec.Demerit{Task: 1, Round: 2, Height: 3, Reason: "update withheld"}); err != nil {
		t.Fatal(err)
	}
	want := r.export(t)
	if want.Next != 4 {
		t.Errorf("got next id %d, want 4: an id is not given twice", want.Next)
	}
	other := open("dee")
	other.module().InitGenesis(other.ctx, other.codec.Codec, r.module().ExportGenesis(r.ctx, r.codec.Codec))
	if d := cmp.Diff(want, other.export(t)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if id, err := other.IDOf(other.ctx, owner("bob")); err != nil || id != 2 {
		t.Errorf("got node %d of bob, %v; want 2", id, err)
	}
	if id := other.register(t, "dee", 1_000_000); id != 4 {
		t.Errorf("got id %d, want 4", id)
	}
}

func TestBadGenesisIsRefused(t *testing.T) {
	one := nodepb.Node{Id: 1, Owner: owner("ann"), Profile: profile("ann"), Stake: 5}
	two := nodepb.Node{Id: 2, Owner: owner("bob"), Profile: profile("bob"), Stake: 5}
	if err := node.Validate(nodepb.Genesis{Nodes: []nodepb.Node{one, two}, Next: 3}); err != nil {
		t.Fatal(err)
	}
	poor, saint, nobody := two, two, two
	poor.Stake, saint.Reputation, nobody.Profile.Name = 0, 1_000_001, ""
	for name, g := range map[string]nodepb.Genesis{
		"an id twice":        {Nodes: []nodepb.Node{one, one}, Next: 3},
		"id 0":               {Nodes: []nodepb.Node{{Profile: profile("ann"), Stake: 5}}, Next: 3},
		"out of order":       {Nodes: []nodepb.Node{two, one}, Next: 3},
		"an id to come":      {Nodes: []nodepb.Node{one, two}, Next: 2},
		"no stake":           {Nodes: []nodepb.Node{one, poor}, Next: 3},
		"too much standing":  {Nodes: []nodepb.Node{one, saint}, Next: 3},
		"an invalid profile": {Nodes: []nodepb.Node{one, nobody}, Next: 3},
	} {
		if err := node.Validate(g); !errors.Is(err, node.ErrGenesis) {
			t.Errorf("%s: got %v, want %v", name, err, node.ErrGenesis)
		}
	}
}

// TestAttackEndpoint: a node that registers an address of whoever asks has all others
// send their updates to themselves, or to what listens beside them. Only a genesis that
// says that the network is local lets it, for nodes that register, update and begin.
func TestAttackEndpoint(t *testing.T) {
	for _, local := range []bool{false, true} {
		r := open("ann", "bob")
		own := r.export(t)
		own.Params.Local = local
		r.module().InitGenesis(r.ctx, r.codec.Codec, r.codec.Codec.MustMarshalJSON(&own))
		if params, err := r.Params(r.ctx, &nodepb.QueryParams{}); err != nil || params.Params.Local != local {
			t.Fatalf("the chain says %v, %v; want local %v", params, err, local)
		}
		r.register(t, "bob", 1_000_000)
		for _, endpoint := range []string{"https://127.0.0.1:7000", "https://localhost:7000", "https://169.254.169.254", "http://127.0.0.1:7000"} {
			p := profile("ann")
			p.Endpoint = endpoint
			_, registers := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner("ann"), Profile: p, Stake: 1_000_000})
			_, updates := r.Update(r.ctx, &nodepb.MsgUpdate{Owner: owner("bob"), Profile: p})
			begins := node.Validate(nodepb.Genesis{
				Params: own.Params, Next: 2, Nodes: []nodepb.Node{{Id: 1, Owner: owner("ann"), Profile: p, Stake: 5}},
			})
			if local {
				if registers != nil || updates != nil || begins != nil {
					t.Errorf("%s on a local network: %v, %v, %v", endpoint, registers, updates, begins)
				}
				if _, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner("ann")}); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if !errors.Is(registers, node.ErrProfile) || !errors.Is(updates, node.ErrProfile) || !errors.Is(begins, node.ErrGenesis) {
				t.Errorf("%s: got %v, %v, %v; want it refused", endpoint, registers, updates, begins)
			}
		}
		p := profile("ann")
		p.Endpoint = "https://0.0.0.0:7000"
		if _, err := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner("ann"), Profile: p, Stake: 1_000_000}); !errors.Is(err, node.ErrProfile) {
			t.Errorf("the address of no machine, local %v: %v", local, err)
		}
	}
}
