package chain_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/pb/feepb"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/pb/timelockpb"
	"github.com/althing-network/althing/spec"
)

// rules are all parameters that votes may change.
type rules struct {
	fee   feepb.Params
	nodes nodepb.Params
	votes daopb.QueryParamsResponse
	queue timelockpb.Params
	pay   taskpb.Tariff
}

func (a assembly) rules() (r rules) {
	a.Helper()
	var (
		fees  feepb.QueryParamsResponse
		nodes nodepb.QueryParamsResponse
		queue timelockpb.QueryParamsResponse
		pay   taskpb.QueryTariffResponse
	)
	a.ask("/althing.fee.v1.Query/Params", &feepb.QueryParams{}, &fees)
	a.ask("/althing.node.v1.Query/Params", &nodepb.QueryParams{}, &nodes)
	a.ask("/althing.dao.v1.Query/Params", &daopb.QueryParams{}, &r.votes)
	a.ask("/althing.timelock.v1.Query/Params", &timelockpb.QueryParams{}, &queue)
	a.ask("/althing.task.v1.Query/Tariff", &taskpb.QueryTariff{}, &pay)
	r.fee, r.nodes, r.queue, r.pay = fees.Params, nodes.Params, queue.Params, pay.Tariff
	return r
}

// update returns the message that sets the rules of a module.
func (r rules) update(module string) sdk.Msg {
	switch module {
	case "fee":
		return &feepb.MsgUpdateParams{Authority: authority(), Params: r.fee}
	case "node":
		return &nodepb.MsgUpdateParams{Authority: authority(), Params: r.nodes}
	case "dao":
		return &daopb.MsgUpdateParams{Authority: authority(), Params: r.votes.Params, Rules: r.votes.Rules}
	case "timelock":
		return &timelockpb.MsgUpdateParams{Authority: authority(), Params: r.queue}
	default:
		return &taskpb.MsgUpdateParams{Authority: authority(), Tariff: r.pay}
	}
}

// TestVotesKeepToBounds: not even all voting power can set a parameter outside its bounds. The dry
// run shows the error, the execution fails, and the parameters do not change.
func TestVotesKeepToBounds(t *testing.T) {
	a := assemble(t)
	was := a.rules()
	for name, c := range map[string]struct {
		module string
		edit   func(*rules)
		want   string
	}{
		"gas for nothing":          {"fee", func(r *rules) { r.fee.MinGasPrice = 0 }, "min_gas_price"},
		"gas that nobody can pay":  {"fee", func(r *rules) { r.fee.MinGasPrice = chain.Cap }, "min_gas_price"},
		"all is slashed":           {"node", func(r *rules) { r.nodes.MaxSlash = 2_000_000 }, "max_slash"},
		"stake never comes back":   {"node", func(r *rules) { r.nodes.UnbondingSeconds = 1 << 40 }, "unbonding"},
		"strangers' machines":      {"node", func(r *rules) { r.nodes.Local = true }, "local"},
		"stake for nothing":        {"node", func(r *rules) { r.nodes.Stakes.Trainer.Min = 0 }, "trainer"},
		"votes without quorum":     {"dao", func(r *rules) { r.votes.Rules.Quorum = 0 }, "quorum"},
		"a minority decides":       {"dao", func(r *rules) { r.votes.Rules.Threshold = 499_999 }, "threshold"},
		"votes in a minute":        {"dao", func(r *rules) { r.votes.Rules.VotingSeconds = 60 }, "voting_seconds"},
		"proposals for nothing":    {"dao", func(r *rules) { r.votes.Rules.MinDeposit = 0 }, "min_deposit"},
		"half is enough for coins": {"dao", func(r *rules) { r.votes.Params.HighThreshold = 1 }, "high_threshold"},
		"nothing waits":            {"timelock", func(r *rules) { r.queue.DelaySeconds = 1 }, "delay_seconds"},
		"a guardian for ever":      {"timelock", func(r *rules) { r.queue.Guardian = account("bob").String() }, "guardian"},
		"parts do not add up":      {"task", func(r *rules) { r.pay.Trainers++ }, "million"},
		"a bond nobody can pay":    {"task", func(r *rules) { r.pay.MinBond = chain.Cap }, "bond"},
	} {
		t.Run(name, func(t *testing.T) {
			a.TB = t
			wants := was
			c.edit(&wants)
			id := a.passes(wants.update(c.module))
			if says := a.poll(id).DryRun.Error; !strings.Contains(says, c.want) {
				t.Errorf("the dry run says %q, want %q", says, c.want)
			}
			a.wait(delay)
			a.refused(c.want, "bob", execute("bob", id))
		})
	}
	a.TB = t
	if d := cmp.Diff(was, a.rules(), cmp.AllowUnexported(rules{})); d != "" {
		t.Errorf("the parameters have changed:\n%s", d)
	}
}

// TestStakeOutlastsAnyVote: unbonding must take longer than a vote with its timelock. A proposal that
// changes either of them is refused as soon as stake could leave one second too early.
func TestStakeOutlastsAnyVote(t *testing.T) {
	for name, c := range map[string]struct {
		module string
		edit   func(r *rules, seconds uint64) // the unbonding takes 181 s: voting 100, delay 20, grace 60, and one
	}{
		"a shorter unbonding": {"node", func(r *rules, s uint64) { r.nodes.UnbondingSeconds -= s }},
		"a longer vote":       {"dao", func(r *rules, s uint64) { r.votes.Rules.VotingSeconds += s }},
		"late changes":        {"dao", func(r *rules, s uint64) { r.votes.Params.LateSeconds += s }},
		"a longer delay":      {"timelock", func(r *rules, s uint64) { r.queue.DelaySeconds += s }},
		"a longer grace":      {"timelock", func(r *rules, s uint64) { r.queue.GraceSeconds += s }},
	} {
		t.Run(name, func(t *testing.T) {
			for far, room := range map[uint64]uint64{5: 5, 4: 5} {
				a := assemble(t, func(g *chain.Genesis) { g.Nodes.UnbondingSeconds = 181 + room - 1 })
				r := a.rules()
				c.edit(&r, far)
				id := a.passes(r.update(c.module))
				a.wait(delay)
				if far < room {
					a.does("bob", execute("bob", id))
					continue
				}
				a.refused("want more than", "bob", execute("bob", id))
				if a.poll(id).DryRun.Error == "" {
					t.Error("the dry run succeeds")
				}
			}
		})
	}
}

// of returns the keys of some stores.
func of(contents map[string]string, stores ...string) map[string]string {
	picked := maps.Clone(contents)
	maps.DeleteFunc(picked, func(key, _ string) bool {
		store, _, _ := strings.Cut(key, " ")
		return !slices.Contains(stores, store)
	})
	return picked
}

// differ returns the keys that are not the same in both states.
func differ(a, b map[string]string) (keys []string) {
	for key := range a {
		if a[key] != b[key] {
			keys = append(keys, key)
		}
	}
	for key := range b {
		if _, has := a[key]; !has {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// twin returns a copy of the chain.
func (a assembly) twin() assembly {
	b := assembly{crew{a.copied(), a.numbers}}
	b.gas = a.gas
	return b
}

// TestUngovernedTaskIsUntouched: proposals pass and are executed while a task runs that is not
// governed. Every byte of the task is the same as on a chain where a text was voted on instead.
func TestUngovernedTaskIsUntouched(t *testing.T) {
	ground := assembly{trainingBy(t, brief(t), 3, nil, func(s *spec.TaskSpec) { s.Deadlines.Train = 600 * spec.Second })}
	ground.gas = 1_000_000
	was := ground.rules()
	base, other := spec.DigestOf([]byte("model 0")), spec.DigestOf([]byte("another model"))
	changed := func(module string, edit func(*rules)) sdk.Msg {
		r := was
		edit(&r)
		return r.update(module)
	}
	ground.does("bob", register("bob", 0)) // node 6 applies
	for name, c := range map[string]struct {
		msg  sdk.Msg
		fits bool // it can be executed
	}{
		"other weights":        {&taskpb.MsgUpdateModel{Authority: authority(), Task: 1, Base: base[:], Model: other[:]}, false},
		"other settings":       {&taskpb.MsgUpdateModel{Authority: authority(), Task: 1, Base: base[:], Settings: []taskpb.Setting{{Name: "training.rate", Value: 1}}}, false},
		"a node is added":      {&nodepb.MsgAddParticipant{Authority: authority(), Node: 6, Grant: 2 * chain.Thing}, true},
		"its trainer removed":  {&nodepb.MsgRemoveParticipant{Authority: authority(), Node: 3, Reason: "no"}, true},
		"aggregator removed":   {&nodepb.MsgRemoveParticipant{Authority: authority(), Node: 1, Reason: "no"}, true},
		"coins are minted":     {mint("bob", 7), true},
		"gas is dearer":        {changed("fee", func(r *rules) { r.fee.MinGasPrice++ }), true},
		"stakes are larger":    {changed("node", func(r *rules) { r.nodes.Stakes.Trainer.Min++ }), true},
		"votes are longer":     {changed("dao", func(r *rules) { r.votes.Rules.VotingSeconds++ }), true},
		"a longer timelock":    {changed("timelock", func(r *rules) { r.queue.DelaySeconds++ }), true},
		"another split of pay": {changed("task", func(r *rules) { r.pay.Trainers, r.pay.Validators = r.pay.Trainers-1000, r.pay.Validators+1000 }), true},
	} {
		t.Run(name, func(t *testing.T) {
			one, two := ground.twin(), ground.twin()
			one.TB, two.TB = t, t
			for _, a := range []assembly{one, two} {
				var msgs []sdk.Msg // two votes on a text
				if a.network == one.network {
					msgs = []sdk.Msg{c.msg}
				}
				id := a.proposes("validator", msgs...)
				a.does("validator", vote("validator", id, govv1.OptionYes))
				a.ends()
				a.wait(delay)
				says := a.asks("validator", execute("validator", id))
				if fits := c.fits && a.network == one.network; fits != (says == "") {
					t.Fatalf("executed: %q, the dry run says %q", says, a.poll(id).DryRun.Error)
				}
			}
			keys := differ(of(one.contents(), "task", "model"), of(two.contents(), "task", "model"))
			if tariff := name == "another split of pay"; tariff && !slices.Equal(keys, []string{"task 10"}) || !tariff && len(keys) > 0 {
				t.Errorf("these keys of the task differ: %v", keys)
			}
			one.gas, two.gas = 200_000, 200_000
			for range 60 { // and so it ends
				if one.over() {
					break
				}
				one.all(one.honest()...)
				two.all(two.honest()...)
			}
			end, want := one.effects(), two.effects()
			if name == "its trainer removed" { // in no round that begins later
				end, want = nil, nil
			}
			if !one.over() || one.where() != two.where() || !slices.Equal(want, end) {
				t.Errorf("the tasks are %s and %s: %s", one.where(), two.where(), cmp.Diff(want, end))
			}
		})
	}
}

// TestFailedProposalChangesNothing: a vote fails on two chains. On one the proposal has every message
// that a vote can send, on the other none. The states are the same, key by key, except for the
// proposal and its poll.
func TestFailedProposalChangesNothing(t *testing.T) {
	for name, option := range map[string]govv1.VoteOption{"rejected": govv1.OptionNo, "vetoed": govv1.OptionNoWithVeto, "no quorum": govv1.OptionEmpty, "high threshold": govv1.OptionYes} {
		t.Run(name, func(t *testing.T) {
			one := assemble(t)
			one.does("ann", register("ann", 0), &nodepb.MsgBond{Owner: account("ann").String(), Amount: 60 * chain.Thing})
			one.does("bob", register("bob", 0))
			two := one.twin()
			r := one.rules()
			for i, a := range []assembly{one, two} {
				var msgs []sdk.Msg
				if i == 0 {
					msgs = []sdk.Msg{
						mint("bob", 7), dearer(26), &nodepb.MsgAddParticipant{Authority: authority(), Node: 2, Grant: 2 * chain.Thing},
						&nodepb.MsgRemoveParticipant{Authority: authority(), Node: 1, Reason: "no"}, r.update("dao"), r.update("timelock"), r.update("node"), r.update("task"),
					}
				}
				id := a.proposes("validator", msgs...)
				switch option {
				case govv1.OptionEmpty:
				case govv1.OptionYes:
					a.does("validator", vote("validator", id, option))
					a.does("ann", vote("ann", id, govv1.OptionNo))
				default:
					a.does("validator", vote("validator", id, option))
				}
				a.ends()
				if a.asks("bob", execute("bob", id)) == "" {
					t.Fatal("a proposal that did not pass was executed")
				}
			}
			for _, key := range differ(one.contents(), two.contents()) {
				if !strings.HasPrefix(key, "gov 00") && !strings.HasPrefix(key, "dao 02") {
					t.Errorf("key %s differs", key)
				}
			}
		})
	}
}

// TestFailedExecutionChangesNothing: the second message of a passed proposal fails at every
// execution. The first one has no effect either: the state is the same as after an attempt to
// execute a proposal that does not exist.
func TestFailedExecutionChangesNothing(t *testing.T) {
	one := assemble(t)
	id := one.passes(dearer(26), mint("bob", chain.Cap))
	one.wait(delay)
	two := one.twin()
	for range 3 {
		one.refused("exceeds total supply", "bob", execute("bob", id))
		two.refused("proposal not found", "bob", execute("bob", id+1))
	}
	if keys := differ(one.contents(), two.contents()); len(keys) > 0 {
		t.Errorf("these keys differ: %v", keys)
	}
}

// TestNothingTwiceEarlyLateOrCancelled: a passed proposal to mint coins can be executed once, after
// the delay and before the end of the grace, unless it is cancelled.
func TestNothingTwiceEarlyLateOrCancelled(t *testing.T) {
	a := assemble(t, func(g *chain.Genesis) {
		g.Timelock.Guardian, g.Timelock.GuardianUntil = account("ann").String(), g.Time.Add(24*time.Hour).UnixMilli()
	})
	made := func() uint64 { return a.supply().Total - 3000*chain.Thing }
	id := a.proposes("validator", mint("bob", 7))
	early := func(why string) {
		t.Helper()
		a.refused(why, "bob", execute("bob", id))
	}
	early("voting period not ended")
	a.does("validator", vote("validator", id, govv1.OptionYes))
	a.ends()
	early("timelock not over")
	a.wait(delay)
	res := a.block(a.says("bob", 30_000, 0, execute("bob", id)), a.says("ann", 30_000, 0, execute("ann", id)))
	if res[0].Code != 0 || res[1].Code == 0 || made() != 7 {
		t.Errorf("executed twice in a block: codes %d and %d, %d uthing were minted", res[0].Code, res[1].Code, made())
	}
	a.refused("proposal not active", "ann", execute("ann", id))
	a.refused("", "ann", &timelockpb.MsgCancel{Authority: account("ann").String(), Proposal: id})

	late := a.passes(mint("bob", 7))
	a.wait(delay + grace)
	a.refused("proposal not active", "bob", execute("bob", late))

	cancelled := a.passes(mint("bob", 7))
	a.does("ann", &timelockpb.MsgCancel{Authority: account("ann").String(), Proposal: cancelled})
	a.wait(delay)
	a.refused("proposal not active", "bob", execute("bob", cancelled))

	queued := a.proposes("validator", mint("bob", 7)) // and a vote cancels what another one decided
	a.does("ann", register("ann", 40*chain.Thing))
	a.does("validator", vote("validator", queued, govv1.OptionYes))
	undo := a.proposes("ann", &timelockpb.MsgCancel{Authority: authority(), Proposal: queued})
	a.does("validator", vote("validator", undo, govv1.OptionYes))
	a.ends()
	if e := a.entry(queued); e.State != timelockpb.ENTRY_STATE_CANCELLED {
		t.Errorf("the entry is %s", e.State)
	}
	a.wait(delay)
	a.refused("proposal not active", "bob", execute("bob", queued))
	if made() != 7 {
		t.Errorf("%d uthing were minted", made())
	}
}
