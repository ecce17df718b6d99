package node_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// bounded returns the registry with other bounds of stakes for some roles.
func (r registry) bounded(bounds map[spec.Role]nodepb.StakeBounds) registry {
	own := nodepb.Genesis{Params: node.DefaultParams(), Next: 1}
	for role, b := range bounds {
		*own.Params.Stakes.Of(role) = b
	}
	own.Params.MaxBond = own.Params.Stakes.MostBond()
	r.module().InitGenesis(r.ctx, r.codec.Codec, r.codec.Codec.MustMarshalJSON(&own))
	return r
}

// having returns a profile with these roles.
func having(name string, roles spec.Role) nodepb.Profile {
	p := profile(name)
	p.Roles, p.Endpoint = uint32(roles), "https://node.example"
	return p
}

// TestStakeOfEachRole: a stake must be within the bounds of each role of its node: when the node
// registers, changes its roles, or returns from a leave. A refusal names the role, the stake and
// the bound, and changes nothing.
func TestStakeOfEachRole(t *testing.T) {
	r := open("ann").bounded(map[spec.Role]nodepb.StakeBounds{
		spec.Trainer: {Min: 1_000_000, Max: 9_000_000}, spec.Aggregator: {Min: 5_000_000, Max: 50_000_000},
	})
	const both = spec.Trainer | spec.Aggregator
	register := func(roles spec.Role, stake uint64) error {
		_, err := r.Register(r.ctx, &nodepb.MsgRegister{Owner: owner("ann"), Profile: having("ann", roles), Stake: stake})
		return err
	}
	update := func(roles spec.Role) error {
		_, err := r.Update(r.ctx, &nodepb.MsgUpdate{Owner: owner("ann"), Profile: having("ann", roles)})
		return err
	}
	bond := func(amount uint64) error {
		_, err := r.Bond(r.ctx, &nodepb.MsgBond{Owner: owner("ann"), Amount: amount})
		return err
	}
	refuse := func(err error, words ...string) {
		t.Helper()
		for _, w := range words {
			if !errors.Is(err, node.ErrStake) || !strings.Contains(err.Error(), w) {
				t.Errorf("got %v, want %v with %q", err, node.ErrStake, w)
			}
		}
	}
	be := func(want spec.NodeState, roles spec.Role, stake uint64) {
		t.Helper()
		if n, err := r.Get(r.ctx, 1); err != nil || n.State != want || n.Profile.Roles != roles || n.Stake != stake {
			t.Errorf("it is %s as %s with %d (%v): want %s as %s with %d", n.State, n.Profile.Roles, n.Stake, err, want, roles, stake)
		}
	}

	for _, roles := range []spec.Role{spec.Aggregator, both} { // with a smaller stake the node applies
		block := r.ctx
		r.ctx, _ = block.CacheContext()
		if err := register(roles, 4_999_999); err != nil {
			t.Fatal(err)
		}
		be(spec.NodePending, roles, 4_999_999)
		_, err := r.Activate(r.ctx, &nodepb.MsgActivate{Owner: owner("ann")})
		refuse(err, "4.999999 THING", "at least 5 THING", "role aggregator")
		r.ctx, r.bank[account("ann")] = block, r.bank[account("ann")]+4_999_999
	}
	refuse(register(both, 9_000_001), "9.000001 THING", "at most 9 THING", "role trainer")
	if err := register(spec.Trainer, 4_000_000); err != nil {
		t.Fatal(err)
	}
	refuse(update(both), "4 THING", "at least 5 THING", "role aggregator")
	refuse(bond(5_000_001), "5.000001 THING", "4 THING that are locked", "at most 9 THING", "role trainer")
	be(spec.NodeActive, spec.Trainer, 4_000_000)
	if err := errors.Join(bond(1_000_000), update(both)); err != nil {
		t.Fatal(err)
	}
	be(spec.NodeActive, both, 5_000_000)

	// Below the minimum of one of its roles the node serves in none; without that role it serves
	// again.
	if _, err := r.Unbond(r.ctx, &nodepb.MsgUnbond{Owner: owner("ann"), Amount: 1}); err != nil {
		t.Fatal(err)
	}
	be(spec.NodePending, both, 4_999_999)
	_, err := r.Activate(r.ctx, &nodepb.MsgActivate{Owner: owner("ann")})
	refuse(err, "4.999999 THING", "at least 5 THING", "role aggregator")
	if err := update(spec.Trainer); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Activate(r.ctx, &nodepb.MsgActivate{Owner: owner("ann")}); err != nil {
		t.Fatal(err)
	}
	be(spec.NodeActive, spec.Trainer, 4_999_999)

	// A role that allows more does not lift the bound of another.
	if err := errors.Join(bond(1), update(spec.Aggregator), bond(40_000_000)); err != nil {
		t.Fatal(err)
	}
	refuse(update(both), "at most 9 THING", "role trainer")
	be(spec.NodeActive, spec.Aggregator, 45_000_000)
}

// TestBadBoundsAreRefused: a genesis with bounds that no node can meet is refused.
func TestBadBoundsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*nodepb.Params){
		"no minimum":                   func(p *nodepb.Params) { p.Stakes.Trainer.Min = 0 },
		"a minimum above the maximum":  func(p *nodepb.Params) { p.Stakes.Consumer.Min = p.Stakes.Consumer.Max + 1 },
		"a maximum above the cap":      func(p *nodepb.Params) { p.Stakes.DataProvider.Max = spec.Cap + 1 },
		"a bond that no evaluator has": func(p *nodepb.Params) { p.Stakes.Evaluator.Max = p.MaxBond - 1 },
	} {
		p := node.DefaultParams()
		change(&p)
		if err := node.Validate(nodepb.Genesis{Params: p, Next: 1}); !errors.Is(err, node.ErrGenesis) {
			t.Errorf("%s: got %v, want %v", name, err, node.ErrGenesis)
		}
	}
}
