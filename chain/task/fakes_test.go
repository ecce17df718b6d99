package task_test

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/address"

	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

const denom = "uthing"

// authority is the account in whose name passed proposals act.
const authority = "the proposals"

// ledger is a bank over a store, so that payments are rolled back with the rest of a block. It refuses
// payments to accounts that a test names.
type ledger struct {
	balances collections.Map[string, uint64]
	frozen   map[string]bool
}

func escrowAccount() string { return sdk.AccAddress(address.Module(task.Name)).String() }

func newLedger(kv store.KVStoreService) *ledger {
	sb := collections.NewSchemaBuilder(kv)
	return &ledger{
		balances: collections.NewMap(sb, collections.NewPrefix(0), "balances", collections.StringKey, collections.Uint64Value),
		frozen:   map[string]bool{},
	}
}

func (l *ledger) SendCoinsFromAccountToModule(ctx context.Context, from sdk.AccAddress, _ string, amount sdk.Coins) error {
	return l.move(ctx, from.String(), escrowAccount(), amount)
}

func (l *ledger) SendCoinsFromModuleToAccount(ctx context.Context, _ string, to sdk.AccAddress, amount sdk.Coins) error {
	return l.move(ctx, escrowAccount(), to.String(), amount)
}

func (l *ledger) SendCoinsFromModuleToModule(ctx context.Context, _, to string, amount sdk.Coins) error {
	return l.move(ctx, escrowAccount(), to, amount)
}

func (l *ledger) move(ctx context.Context, from, to string, coins sdk.Coins) error {
	amount := coins.AmountOf(denom).Uint64()
	if l.frozen[to] {
		return fmt.Errorf("%s is not allowed to receive funds", to)
	}
	has, err := l.balance(ctx, from)
	if err != nil {
		return err
	}
	if has < amount {
		return fmt.Errorf("spendable balance %d%s is smaller than %d%s", has, denom, amount, denom)
	}
	if err := l.balances.Set(ctx, from, has-amount); err != nil {
		return err
	}
	gets, err := l.balance(ctx, to)
	if err != nil {
		return err
	}
	return l.balances.Set(ctx, to, gets+amount)
}

func (l *ledger) balance(ctx context.Context, who string) (uint64, error) {
	if has, err := l.balances.Has(ctx, who); err != nil || !has {
		return 0, err
	}
	return l.balances.Get(ctx, who)
}

// registry is a list of nodes over a store; it counts how often it was listed.
type registry struct {
	nodes  collections.Map[uint64, nodepb.Node]
	owners collections.Map[string, uint64]
	listed *int
	roster **round.Roster // cache of the last list; nil after a write to a node
}

func newRegistry(cdc codec.BinaryCodec, kv store.KVStoreService) registry {
	sb := collections.NewSchemaBuilder(kv)
	return registry{
		nodes:  collections.NewMap(sb, collections.NewPrefix(0), "nodes", collections.Uint64Key, codec.CollValue[nodepb.Node](cdc)),
		owners: collections.NewMap(sb, collections.NewPrefix(1), "owners", collections.StringKey, collections.Uint64Value),
		listed: new(int),
		roster: new(*round.Roster),
	}
}

func (r registry) Get(ctx context.Context, id uint64) (spec.Node, error) {
	n, err := r.nodes.Get(ctx, id)
	if err != nil {
		return spec.Node{}, fmt.Errorf("node %d: %w", id, err)
	}
	return n.ToSpec()
}

func (r registry) IDOf(ctx context.Context, owner string) (uint64, error) {
	id, err := r.owners.Get(ctx, owner)
	if err != nil {
		return 0, fmt.Errorf("%w: owner %s", errStranger, owner)
	}
	return id, nil
}

func (r registry) OwnerOf(ctx context.Context, id uint64) (string, error) {
	n, err := r.Get(ctx, id)
	return n.Owner, err
}

func (r registry) Active(ctx context.Context) (active []spec.Node, err error) {
	*r.listed++
	err = r.nodes.Walk(ctx, nil, func(_ uint64, stored nodepb.Node) (bool, error) {
		n, err := stored.ToSpec()
		if n.Selectable() {
			active = append(active, n)
		}
		return false, err
	})
	return active, err
}

func (r registry) Roster(ctx context.Context) (*round.Roster, error) {
	if *r.roster == nil {
		active, err := r.Active(ctx)
		if err != nil {
			return nil, err
		}
		*r.roster = round.NewRoster(active...)
	}
	return *r.roster, nil
}

func (r registry) TrackWrites() func() { return func() { *r.roster = nil } }

func (r registry) Walk(ctx context.Context, visit func(spec.Node) (bool, error)) error {
	active, err := r.Active(ctx)
	for _, n := range active {
		if stop, err := visit(n); stop || err != nil {
			return err
		}
	}
	return err
}

func (r registry) set(ctx context.Context, n spec.Node) error {
	*r.roster = nil
	if err := r.owners.Set(ctx, n.Owner, n.ID); err != nil {
		return err
	}
	return r.nodes.Set(ctx, n.ID, nodepb.NodeFromSpec(n))
}

func (r registry) change(ctx context.Context, id uint64, by func(*spec.Node)) error {
	n, err := r.Get(ctx, id)
	if err != nil {
		return err
	}
	by(&n)
	return r.set(ctx, n)
}

func (r registry) Merit(ctx context.Context, id uint64, c spec.Change) error {
	return r.change(ctx, id, func(n *spec.Node) { n.Standing = round.Praise(n.Standing, c) })
}

func (r registry) Demerit(ctx context.Context, id uint64, c spec.Change) error {
	return r.change(ctx, id, func(n *spec.Node) { n.Standing = round.Blame(n.Standing, c) })
}

// largestBond is the largest bond that CheckBond accepts.
const largestBond = 900 * spec.Thing

func (r registry) CheckBond(_ context.Context, required uint64) error {
	if required > largestBond {
		return fmt.Errorf("nobody has %d", required)
	}
	return nil
}

func (r registry) Hold(ctx context.Context, id, required uint64) (held uint64, err error) {
	err = r.change(ctx, id, func(n *spec.Node) { n.Deposit, held = round.Bond(n.Deposit, required) })
	return held, err
}

func (r registry) Unlock(ctx context.Context, id, held uint64) error {
	return r.change(ctx, id, func(n *spec.Node) { n.Bonded -= held })
}

func (r registry) Slash(ctx context.Context, id, _, base uint64, part spec.PPM, _ string, _ bool) (burned uint64, err error) {
	err = r.change(ctx, id, func(n *spec.Node) {
		n.Deposit, burned = round.Slashed(n.Deposit, 0, base, part, spec.StakeRules{MaxSlash: spec.One / 10})
	})
	return burned, err
}

func (r registry) Excuse(ctx context.Context, id uint64, c spec.Change) error {
	return r.change(ctx, id, func(n *spec.Node) { n.Standing = round.Excused(n.Standing, c) })
}

func (r registry) Engage(ctx context.Context, id uint64, delta int) error {
	return r.change(ctx, id, func(n *spec.Node) { n.Busy = uint32(int(n.Busy) + delta) })
}

func (r registry) Measure(ctx context.Context, id uint64, kind string, accuracy spec.PPM) error {
	return r.change(ctx, id, func(n *spec.Node) {
		n.Measured = []spec.Measure{{Kind: kind, Accuracy: accuracy, Tasks: 1}}
	})
}
