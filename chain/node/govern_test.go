package node_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain/node"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

func (r registry) grant(id, amount uint64) error {
	_, err := r.AddParticipant(r.ctx, &nodepb.MsgAddParticipant{Authority: authority, Node: id, Grant: amount})
	return err
}

func (r registry) remove(id uint64) error {
	_, err := r.RemoveParticipant(r.ctx, &nodepb.MsgRemoveParticipant{Authority: authority, Node: id, Reason: "unwanted"})
	return err
}

func (r registry) exit(name string) error {
	_, err := r.Exit(r.ctx, &nodepb.MsgExit{Owner: owner(name)})
	return err
}

// is fails the test unless a node has a state, a stake and a granted part of the stake.
func (r registry) is(t *testing.T, id uint64, state spec.NodeState, stake, granted uint64) {
	t.Helper()
	n, err := r.Get(r.ctx, id)
	if err != nil || n.State != state || n.Stake != stake || n.Granted != granted {
		t.Errorf("node %d is %s with %d, %d of it granted (%v): want %s with %d and %d", id, n.State, n.Stake, n.Granted, err, state, stake, granted)
	}
	if err := r.Check(r.ctx); err != nil {
		t.Error(err)
	}
}

// votable fails the test unless all stake with a vote adds up to want.
func (r registry) votable(t *testing.T, want uint64) {
	t.Helper()
	if got, err := r.Votable(r.ctx); err != nil || got != want {
		t.Errorf("%d uthing have a vote, %v; want %d", got, err, want)
	}
}

// TestNoUnilateralAdmission: a node without stake is admitted by a passed proposal only, neither by
// itself nor by another member. Its granted stake has no vote.
func TestNoUnilateralAdmission(t *testing.T) {
	r := open("ann", "bob")
	ann, bob := r.register(t, "ann", 0), r.register(t, "bob", 3_000_000)
	r.is(t, ann, spec.NodePending, 0, 0)
	if _, err := r.Activate(r.ctx, &nodepb.MsgActivate{Owner: owner("ann")}); !errors.Is(err, node.ErrStake) {
		t.Errorf("the node could admit itself: %v", err)
	}
	for _, who := range []string{owner("ann"), owner("bob"), ""} {
		if _, err := r.AddParticipant(r.ctx, &nodepb.MsgAddParticipant{Authority: who, Node: ann, Grant: 1_000_000}); !errors.Is(err, node.ErrAuthority) {
			t.Errorf("%q could admit the node: %v", who, err)
		}
	}
	r.is(t, ann, spec.NodePending, 0, 0)
	if err := r.grant(ann, 1_000_000); err != nil {
		t.Fatal(err)
	}
	r.is(t, ann, spec.NodeActive, 1_000_000, 1_000_000)
	r.votable(t, 3_000_000)
	for who, want := range map[string]uint64{"ann": 0, "bob": 3_000_000, "cho": 0} {
		if got, err := r.VotableOf(r.ctx, owner(who)); err != nil || got != want {
			t.Errorf("%s has a vote of %d, %v; want %d", who, got, err, want)
		}
	}
	if roster, err := r.Roster(r.ctx); err != nil || roster.Len() != 2 {
		t.Errorf("%d may be selected, %v; want nodes %d and %d", roster.Len(), err, ann, bob)
	}
	r.Govern(node.Governance{})
	if _, err := r.AddParticipant(r.ctx, &nodepb.MsgAddParticipant{Node: ann, Grant: 1_000_000}); !errors.Is(err, node.ErrAuthority) {
		t.Errorf("in a network without votes: %v", err)
	}
}

// TestMemberLeavesWithItsStake: a node that exits, or that a vote removes, gets its own stake back.
// Granted stake is burned.
func TestMemberLeavesWithItsStake(t *testing.T) {
	for name, leaves := range map[string]func(registry, uint64) error{
		"exit":              func(r registry, _ uint64) error { return r.exit("ann") },
		"a vote removes it": func(r registry, id uint64) error { return r.remove(id) },
		"parts, then exit": func(r registry, _ uint64) error {
			return errors.Join(r.unbond("ann", 1), r.unbond("ann", 1), r.exit("ann"))
		},
		"seven pieces first": func(r registry, id uint64) error { return errors.Join(r.unbonds("ann", 7), r.remove(id)) },
	} {
		t.Run(name, func(t *testing.T) {
			r := open("ann", "bob")
			id := r.register(t, "ann", 400_000)
			if err := r.grant(id, 600_000); err != nil {
				t.Fatal(err)
			}
			if err := r.unbond("ann", 400_001); !errors.Is(err, node.ErrStake) {
				t.Errorf("granted stake could be unbonded: %v", err)
			}
			if err := leaves(r, id); err != nil {
				t.Fatal(err)
			}
			r.is(t, id, spec.NodeUnbonding, 0, 0)
			r.votable(t, 0)
			if r.bank[burned] != 600_000 || r.bank[made] != 600_000 {
				t.Errorf("%d uthing are burned of %d that were granted", r.bank[burned], r.bank[made])
			}
			r = r.later(t, 21*24*time.Hour)
			r.is(t, id, spec.NodeExited, 0, 0)
			if got := r.bank[account("ann")]; got != 100_000_000 {
				t.Errorf("ann has %d, want all that was her own", got)
			}
		})
	}
	r := open("ann")
	if id := r.register(t, "ann", 0); r.exit("ann") != nil {
		t.Error("a node that applies cannot leave")
	} else {
		r.is(t, id, spec.NodeExited, 0, 0)
	}
	r.register(t, "ann", 1_000_000)
}

func (r registry) unbond(name string, amount uint64) error {
	_, err := r.Unbond(r.ctx, &nodepb.MsgUnbond{Owner: owner(name), Amount: amount})
	return err
}

func (r registry) unbonds(name string, times int) (err error) {
	for range times {
		err = errors.Join(err, r.unbond(name, 1))
	}
	return err
}

// TestRemovedNodeServesToTheEnd: a node that a vote has removed is not selected any more, whatever its
// owner does. It keeps its part in the tasks that it serves, and can be slashed for faults there
// until they end.
func TestRemovedNodeServesToTheEnd(t *testing.T) {
	r := open("ann")
	id := r.register(t, "ann", 2_000_000)
	if _, err := r.Hold(r.ctx, id, 1_500_000); err != nil {
		t.Fatal(err)
	}
	if roster, err := r.Roster(r.ctx); err != nil || roster.Len() != 1 {
		t.Errorf("%d may be selected, %v", roster.Len(), err)
	}
	if err := errors.Join(r.Engage(r.ctx, id, 1), r.remove(id)); err != nil {
		t.Fatal(err)
	}
	if roster, err := r.Roster(r.ctx); err != nil || roster.Len() != 0 {
		t.Errorf("%d may be selected, %v", roster.Len(), err)
	}
	for name, back := range map[string]func() error{
		"bond": func() error {
			_, err := r.Bond(r.ctx, &nodepb.MsgBond{Owner: owner("ann"), Amount: 5_000_000})
			return err
		},
		"cancel": func() error {
			_, err := r.CancelUnbond(r.ctx, &nodepb.MsgCancelUnbond{Owner: owner("ann"), Number: 1})
			return err
		},
		"activate": func() error { _, err := r.Activate(r.ctx, &nodepb.MsgActivate{Owner: owner("ann")}); return err },
		"again":    func() error { return r.remove(id) },
		"grant":    func() error { return r.grant(id, 1_000_000) },
	} {
		if err := back(); !errors.Is(err, node.ErrState) {
			t.Errorf("%s: %v, want %v", name, err, node.ErrState)
		}
	}
	if burned, err := r.Slash(r.ctx, id, 1, 1_500_000, 50_000, "fault", true); err != nil || burned != 75_000 {
		t.Errorf("a fault of a node that exits costs %d uthing, %v; want 75000", burned, err)
	}
	r = r.later(t, 21*24*time.Hour)
	r.is(t, id, spec.NodeUnbonding, 0, 0)
	if r.bank[account("ann")] != 100_000_000-75_000 {
		t.Errorf("ann has %d, want all but what the fault cost", r.bank[account("ann")])
	}
	if err := r.Unlock(r.ctx, id, 1_500_000); err != nil {
		t.Fatal(err)
	}
	if err := r.Engage(r.ctx, id, -1); err != nil {
		t.Fatal(err)
	}
	r.is(t, id, spec.NodeExited, 0, 0)
}

// TestBadVotesAreRefused: a wrong message is refused with its own error and changes nothing.
func TestBadVotesAreRefused(t *testing.T) {
	r := open("ann", "bob", "cho", "dee")
	pending, active, left := r.register(t, "ann", 0), r.register(t, "bob", 2_000_000), r.register(t, "cho", 0)
	leave := r.register(t, "dee", 2_000_000)
	if _, err := r.Deactivate(r.ctx, &nodepb.MsgDeactivate{Owner: owner("dee")}); err != nil {
		t.Fatal(err)
	}
	if err := r.exit("cho"); err != nil {
		t.Fatal(err)
	}
	grant := func(who string, id, amount uint64) func() error {
		return func() error {
			_, err := r.AddParticipant(r.ctx, &nodepb.MsgAddParticipant{Authority: who, Node: id, Grant: amount})
			return err
		}
	}
	remove := func(who string, id uint64, reason string) func() error {
		return func() error {
			_, err := r.RemoveParticipant(r.ctx, &nodepb.MsgRemoveParticipant{Authority: who, Node: id, Reason: reason})
			return err
		}
	}
	update := func(who string, change func(*nodepb.Params)) func() error {
		return func() error {
			p := node.DefaultParams()
			change(&p)
			_, err := r.UpdateParams(r.ctx, &nodepb.MsgUpdateParams{Authority: who, Params: p})
			return err
		}
	}
	same := func(*nodepb.Params) {}
	for _, c := range []struct {
		name string
		do   func() error
		want error
	}{
		{"a stranger grants", grant(owner("bob"), 77, 1_000_000), node.ErrAuthority}, // the sender is checked before the node
		{"nothing", grant(authority, pending, 0), node.ErrStake},
		{"too little", grant(authority, pending, 999_999), node.ErrStake},
		{"too much", grant(authority, pending, 500_000*spec.Thing+1), node.ErrStake},
		{"the largest number", grant(authority, pending, ^uint64(0)), node.ErrStake},
		{"above the cap", grant(authority, pending, 1_000_000_001), errCap},
		{"an unknown node", grant(authority, 77, 1_000_000), node.ErrNotFound},
		{"an active node", grant(authority, active, 1_000_000), node.ErrState},
		{"a node on leave", grant(authority, leave, 1_000_000), node.ErrState},
		{"a node that has left", grant(authority, left, 1_000_000), node.ErrState},
		{"a stranger removes", remove(owner("bob"), 77, ""), node.ErrAuthority},
		{"removes nobody", remove(authority, 77, "unwanted"), node.ErrNotFound},
		{"removes whoever left", remove(authority, left, "unwanted"), node.ErrState},
		{"for no reason", remove(authority, active, ""), node.ErrReason},
		{"for a long one", remove(authority, active, strings.Repeat("a", 257)), node.ErrReason},
		{"for one that draws", remove(authority, active, "\x1b[31m"), node.ErrReason},
		{"a stranger rules", update(owner("bob"), same), node.ErrAuthority},
		{"local", update(authority, func(p *nodepb.Params) { p.Local = true }), node.ErrParams},
		{"no least stake", update(authority, func(p *nodepb.Params) { p.Stakes.Trainer.Min = 0 }), node.ErrParams},
		{"a most below the least", update(authority, func(p *nodepb.Params) { p.Stakes.Trainer.Max = 1 }), node.ErrParams},
		{"a bond that nobody has", update(authority, func(p *nodepb.Params) { p.MaxBond++ }), node.ErrParams},
		{"no unbonding", update(authority, func(p *nodepb.Params) { p.UnbondingSeconds = 0 }), node.ErrParams},
		{"an endless unbonding", update(authority, func(p *nodepb.Params) { p.UnbondingSeconds = 366 * 24 * 3600 }), node.ErrParams},
		{"an endless jail", update(authority, func(p *nodepb.Params) { p.JailSeconds = 31 * 24 * 3600 }), node.ErrParams},
		{"no slash", update(authority, func(p *nodepb.Params) { p.MaxSlash = 0 }), node.ErrParams},
		{"all of it", update(authority, func(p *nodepb.Params) { p.MaxSlash = 200_001 }), node.ErrParams},
	} {
		before, block, bank := r.export(t), r.ctx, r.bank[made]
		r.ctx, _ = block.CacheContext()
		err := c.do()
		if r.ctx = block; !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if d := cmp.Diff(before, r.export(t)); d != "" || r.bank[made] != bank {
			t.Errorf("%s: changed something:\n%s", c.name, d)
		}
	}
}

// lasting is the longest time of a vote with its timelock.
type lasting time.Duration

func (l lasting) Longest(context.Context) (time.Duration, error) { return time.Duration(l), nil }

// TestUpdateParams: new parameters do not apply to the past: active nodes with a smaller stake stay
// active, and unbondings keep their due time.
func TestUpdateParams(t *testing.T) {
	r := open("ann", "bob")
	id := r.register(t, "ann", 2_000_000)
	if err := r.unbond("ann", 500_000); err != nil {
		t.Fatal(err)
	}
	r.Govern(node.Governance{Authority: authority, Periods: lasting(time.Hour)})
	p := node.DefaultParams()
	p.Stakes.Trainer.Min, p.UnbondingSeconds = 5_000_000, 3600
	update := func() error {
		_, err := r.UpdateParams(r.ctx, &nodepb.MsgUpdateParams{Authority: authority, Params: p})
		return err
	}
	if err := update(); !errors.Is(err, node.ErrParams) {
		t.Errorf("unbonding no longer than a vote: got %v, want a refusal", err)
	}
	if p.UnbondingSeconds++; update() != nil {
		t.Fatal(update())
	}
	r.is(t, id, spec.NodeActive, 1_500_000, 0)
	if got := r.export(t); node.Validate(got) != nil {
		t.Errorf("the export is no valid genesis: %v", node.Validate(got))
	}
	r.is(t, r.register(t, "bob", 2_000_000), spec.NodePending, 2_000_000, 0)
	r = r.later(t, 2*time.Hour)
	if r.bank[account("ann")] != 98_000_000 {
		t.Errorf("an unbonding ended early: ann has %d uthing", r.bank[account("ann")])
	}
}

// told records the reports about stakes with a vote before they changed.
type told struct {
	registry
	t     *testing.T
	heard []uint64
}

func (to *told) Changed(ctx context.Context, of sdk.AccAddress, before uint64) error {
	name, err := to.NodeByOwner(ctx, &nodepb.QueryNodeByOwner{Owner: owner(strings.TrimSpace(string(of)))})
	if err != nil {
		return err
	}
	if d, err := name.Node.Deposit.ToSpec(); before > 0 && (err != nil || d.OwnStake() != before) {
		to.t.Errorf("reported %d, but the deposit is %+v, %v", before, d, err)
	}
	to.heard = append(to.heard, before)
	return nil
}

// TestStakeChangesAreReported: the registry reports each stake with a vote to the module that counts
// votes before the stake changes. It reports neither granted stake nor stake that is paid out.
func TestStakeChangesAreReported(t *testing.T) {
	r := open("ann")
	to := &told{registry: r, t: t}
	id := r.register(t, "ann", 400_000) // before votes are counted
	r.Govern(node.Governance{Authority: authority, Mint: minter{r.bank, 1_000_000_000}, Stakes: to})
	if err := r.grant(id, 600_000); err != nil {
		t.Fatal(err)
	}
	r.votable(t, 400_000)
	if _, err := r.Bond(r.ctx, &nodepb.MsgBond{Owner: owner("ann"), Amount: 100_000}); err != nil {
		t.Fatal(err)
	}
	r.votable(t, 500_000)
	if err := r.unbond("ann", 200_000); err != nil {
		t.Fatal(err)
	}
	r.votable(t, 300_000)
	if _, err := r.Slash(r.ctx, id, 1, 100_000, spec.One, "fault", true); err != nil {
		t.Fatal(err)
	}
	r.votable(t, 200_000)
	if _, err := r.CancelUnbond(r.ctx, &nodepb.MsgCancelUnbond{Owner: owner("ann"), Number: 1}); err != nil {
		t.Fatal(err)
	}
	r.votable(t, 400_000)
	if err := r.exit("ann"); err != nil {
		t.Fatal(err)
	}
	r = r.later(t, 21*24*time.Hour)
	r.votable(t, 0)
	if want := []uint64{400_000, 500_000, 300_000, 200_000, 400_000}; !slices.Equal(to.heard, want) {
		t.Errorf("reported %v, want %v", to.heard, want)
	}
}

// passed is the block time at which the vote of a proposal that waits for execution started; 0: none
// waits.
type passed struct {
	since int64
	asked int
}

func (p *passed) Holds(_ context.Context, began int64) (bool, error) {
	p.asked++
	return p.since > 0 && p.since <= began, nil
}

// TestAttackStakeLeavesWhileTheChainHalts: the chain halts for longer than an unbonding takes while a
// passed proposal waits. Without the defence, a node that exits after the vote had started has its
// stake back before the proposal against it is executed. With the defence only this stake is held.
func TestAttackStakeLeavesWhileTheChainHalts(t *testing.T) {
	for _, defended := range []bool{false, true} {
		r := open("ann", "bob")
		early, late := r.register(t, "ann", 2_000_000), r.register(t, "bob", 2_000_000)
		if err := r.unbond("ann", 2_000_000); err != nil {
			t.Fatal(err)
		}
		r = r.later(t, time.Hour)
		vote := &passed{since: r.ctx.BlockTime().UnixMilli()}
		if defended {
			r.Govern(node.Governance{Authority: authority, Timelock: vote})
		}
		r = r.later(t, time.Hour)
		if err := r.unbond("bob", 2_000_000); err != nil {
			t.Fatal(err)
		}
		r = r.later(t, 30*24*time.Hour) // the chain halts
		r.is(t, early, spec.NodeExited, 0, 0)
		burned, err := r.Slash(r.ctx, late, 1, 2_000_000, 50_000, "fault", false)
		if err != nil || burned > 0 != defended {
			t.Errorf("with the defence %t: %d uthing are slashed, %v", defended, burned, err)
		}
		vote.since = 0
		r = r.later(t, time.Minute)
		r.is(t, late, spec.NodeExited, 0, 0)
		if got := r.bank[account("bob")]; got != 100_000_000-burned {
			t.Errorf("bob has %d, want all that was not slashed", got)
		}
	}
}

// TestHeldStakesKeepNobodyWaiting: even if votes hold many stakes, a block checks a hundred nodes. A
// stake that is not held is paid out after at most one round of checks over all nodes.
func TestHeldStakesKeepNobodyWaiting(t *testing.T) {
	const nodes = 350
	r := crowd(t, nodes)
	r.bank[account("zoe")] = 100_000_000
	vote := &passed{since: 1}
	r.Govern(node.Governance{Authority: authority, Timelock: vote})
	r = r.later(t, 21*24*time.Hour)
	if vote.asked != 100 || r.left(t) != 0 {
		t.Fatalf("a block makes %d checks, and %d nodes leave", vote.asked, r.left(t))
	}
	for range 20 {
		before := vote.asked
		if r = r.later(t, 10*time.Second); vote.asked > before+100 || r.left(t) > 0 {
			t.Fatalf("a block makes %d checks, and %d nodes leave", vote.asked-before, r.left(t))
		}
	}
	free := &freed{passed: vote, began: r.ctx.BlockTime().UnixMilli()}
	r.Govern(node.Governance{Authority: authority, Timelock: free})
	r.register(t, "zoe", 1_000_000)
	if err := r.exit("zoe"); err != nil {
		t.Fatal(err)
	}
	r = r.later(t, 21*24*time.Hour)
	for range nodes/100 + 1 {
		r = r.later(t, time.Second)
	}
	if r.left(t) != 1 || r.bank[account("zoe")] != 100_000_000 {
		t.Errorf("%d have left, and zoe has %d", r.left(t), r.bank[account("zoe")])
	}
}

// freed is a vote that holds all unbondings except those that began at one time.
type freed struct {
	*passed
	began int64
}

func (f *freed) Holds(ctx context.Context, began int64) (bool, error) {
	if began == f.began {
		return false, nil
	}
	return f.passed.Holds(ctx, began)
}
