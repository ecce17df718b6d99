package node_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// failer is implemented by [testing.T] and [rapid.T].
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
	r = r.later(t, 21*24*time.Hour)
	if _, err := r.Unbond(r.ctx, &nodepb.MsgUnbond{Owner: owner("ann"), Amount: 500_000}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Slash(r.ctx, 2, 1, 1_000_000, 50_000, "wrong aggregate", true); err != nil {
		t.Fatal(err)
	}
	for i := range uint64(20) {
		if err := r.Merit(r.ctx, 2, spec.Change{Task: i}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Measure(r.ctx, 2, "digits", 900_000); err != nil {
		t.Fatal(err)
	}
	if err := r.Demerit(r.ctx, 1, spec.Change{Task: 1, Round: 2, Height: 3, Reason: "update withheld"}); err != nil {
		t.Fatal(err)
	}
	want := r.export(t)
	if want.Next != 4 {
		t.Errorf("got next id %d, want 4: an id is never used again", want.Next)
	}
	other := open("dee")
	other.module().InitGenesis(other.ctx, other.codec.Codec, r.module().ExportGenesis(r.ctx, r.codec.Codec))
	if d := cmp.Diff(want, other.export(t)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	other.bank[node.Name] = r.bank[node.Name]
	if err := other.Check(other.ctx); err != nil {
		t.Error(err)
	}
	other = other.later(t, 42*24*time.Hour)
	if got := other.bank[account("ann")]; got != 500_000 {
		t.Errorf("%d of ann's stake come back after an import, want 500000", got)
	}
	if id, err := other.IDOf(other.ctx, owner("bob")); err != nil || id != 2 {
		t.Errorf("got node %d of bob, %v; want 2", id, err)
	}
	if id := other.register(t, "dee", 1_000_000); id != 4 {
		t.Errorf("got id %d, want 4", id)
	}
}

func TestBadGenesisIsRefused(t *testing.T) {
	begun := func(id uint64, name string) nodepb.Node {
		return nodepb.Node{Id: id, Owner: owner(name), Profile: profile(name), Deposit: nodepb.Deposit{State: nodepb.NODE_STATE_ACTIVE, Stake: 1_000_000}}
	}
	one, two := begun(1, "ann"), begun(2, "bob")
	if err := node.Validate(nodepb.Genesis{Params: node.DefaultParams(), Nodes: []nodepb.Node{one, two}, Next: 3}); err != nil {
		t.Fatal(err)
	}
	small := two // below the minimum, which a vote has raised since
	if small.Deposit.Stake = 5; node.Validate(nodepb.Genesis{Params: node.DefaultParams(), Nodes: []nodepb.Node{one, small}, Next: 3}) != nil {
		t.Error("a genesis is refused in which a node is active since before the minimum stake was raised")
	}
	poor, given, removed, early, saint, nobody, gone, free, stateless := two, two, two, two, two, two, two, two, two
	given.Deposit.Granted, removed.Deposit.Removed = 1_000_001, true
	early.Deposit.Unbonding, early.Deposit.Unbondings = []nodepb.Unbonding{{Number: 1, Amount: 5, Since: 8, Due: 7}}, 1
	poor.Deposit.Stake, saint.Standing.Reputation, nobody.Profile.Name = 0, 1_000_001, ""
	gone.Deposit.State, free.Deposit.JailedUntil, stateless.Deposit.State = nodepb.NODE_STATE_EXITED, 5, 0
	leaving := two
	leaving.Deposit.Unbonding = []nodepb.Unbonding{{Number: 1, Amount: 5}} // of which there were none
	for name, g := range map[string]nodepb.Genesis{
		"an id twice":        {Nodes: []nodepb.Node{one, one}, Next: 3},
		"id 0":               {Nodes: []nodepb.Node{begun(0, "ann")}, Next: 3},
		"more than a number": {Nodes: []nodepb.Node{one, gone}, Next: 3},
		"active in jail":     {Nodes: []nodepb.Node{one, free}, Next: 3},
		"no state":           {Nodes: []nodepb.Node{one, stateless}, Next: 3},
		"a strange number":   {Nodes: []nodepb.Node{one, leaving}, Next: 3},
		"out of order":       {Nodes: []nodepb.Node{two, one}, Next: 3},
		"an id to come":      {Nodes: []nodepb.Node{one, two}, Next: 2},
		"no stake":           {Nodes: []nodepb.Node{one, poor}, Next: 3},
		"too much granted":   {Nodes: []nodepb.Node{one, given}, Next: 3},
		"removed and active": {Nodes: []nodepb.Node{one, removed}, Next: 3},
		"due before it is":   {Nodes: []nodepb.Node{one, early}, Next: 3},
		"too much standing":  {Nodes: []nodepb.Node{one, saint}, Next: 3},
		"an invalid profile": {Nodes: []nodepb.Node{one, nobody}, Next: 3},
	} {
		g.Params = node.DefaultParams()
		if err := node.Validate(g); !errors.Is(err, node.ErrGenesis) {
			t.Errorf("%s: got %v, want %v", name, err, node.ErrGenesis)
		}
	}
}

// TestAttackEndpoint: a node registers a loopback or link-local endpoint, so that other nodes send
// their updates to themselves or to a service on their own machine. Only the genesis of a local
// network allows it: at registration, at an update, and for nodes in the genesis.
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
				Params: own.Params, Next: 2, Nodes: []nodepb.Node{{
					Id: 1, Owner: owner("ann"), Profile: p, Deposit: nodepb.Deposit{State: nodepb.NODE_STATE_ACTIVE, Stake: 1_000_000},
				}},
			})
			if local {
				if registers != nil || updates != nil || begins != nil {
					t.Errorf("%s on a local network: %v, %v, %v", endpoint, registers, updates, begins)
				}
				if _, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner("ann")}); err != nil {
					t.Fatal(err)
				}
				r = r.later(t, 21*24*time.Hour)
				continue
			}
			if !errors.Is(registers, node.ErrProfile) || !errors.Is(updates, node.ErrProfile) || !errors.Is(begins, node.ErrGenesis) {
				t.Errorf("%s: got %v, %v, %v; want it refused", endpoint, registers, updates, begins)
			}
		}
		p := profile("ann")
		p.Endpoint = "https://0.0.0.0:7000"
		if _, err := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner("ann"), Profile: p, Stake: 1_000_000}); !errors.Is(err, node.ErrProfile) {
			t.Errorf("an address that belongs to no machine, local %v: %v", local, err)
		}
	}
}
