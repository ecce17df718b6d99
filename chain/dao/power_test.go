package dao_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/althing-network/althing/chain/dao"
	"github.com/althing-network/althing/pb/daopb"
	"github.com/althing-network/althing/spec"
)

// TestPowerOfStakeThatComesLate: coins that become stake after the mark, in any way, have no power in
// the vote; nor do coins that left for a while and came back.
func TestPowerOfStakeThatComesLate(t *testing.T) {
	const ten = 10 * spec.Thing
	for name, c := range map[string]struct {
		early, late func(w *world, ctx sdk.Context) error // before and after the start of voting
		want        uint64
	}{
		"nothing happens": {nil, nil, ten},
		"bought after the start": {nil, func(w *world, ctx sdk.Context) error {
			return w.bond(ctx, "ann", "val-1", 5)
		}, ten},
		"bought after the mark": {func(w *world, ctx sdk.Context) error {
			return w.bond(ctx, "ann", "val-2", 5)
		}, nil, ten},
		"moved after the start": {nil, func(w *world, ctx sdk.Context) error {
			return w.move(ctx, "ann", "val-1", "val-2", 4)
		}, ten - 4},
		"moved after the mark": {func(w *world, ctx sdk.Context) error {
			return w.move(ctx, "ann", "val-1", "val-2", 4)
		}, nil, ten - 4},
		"left before the vote": {nil, func(w *world, ctx sdk.Context) error {
			return w.unbond(ctx, "ann", "val-1", 4)
		}, ten - 4},
		"left and came back in one block": {nil, func(w *world, ctx sdk.Context) error {
			return errors.Join(w.unbond(ctx, "ann", "val-1", 4), w.bond(ctx, "ann", "val-1", 4))
		}, ten},
		"left after the mark and came back after the start": {func(w *world, ctx sdk.Context) error {
			return w.unbond(ctx, "ann", "val-1", 4)
		}, func(w *world, ctx sdk.Context) error {
			return w.bond(ctx, "ann", "val-1", 4)
		}, ten - 4},
		"staked after the mark": {func(w *world, ctx sdk.Context) error {
			return w.stake(ctx, "ann", 9)
		}, nil, ten},
		"staked after the start": {nil, func(w *world, ctx sdk.Context) error {
			return w.stake(ctx, "ann", 9)
		}, ten},
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t, without{}, map[string]uint64{"ann": ten, "bob": ten})
			do := func(f func(w *world, ctx sdk.Context) error) {
				if f != nil {
					w.check(w.tx(func(ctx sdk.Context) error { return f(w, ctx) }))
				}
				w.block(second)
			}
			do(c.early)
			id := w.proposed("bob")
			w.block(second)
			do(c.late)
			if got := w.power("ann", id); got != c.want {
				t.Errorf("it weighs %d, want %d", got, c.want)
			}
		})
	}
}

// TestQuorumOfStakeThatLeavesForABlock: stake that leaves and comes back in the block in which a vote
// starts does not lower the quorum of that vote.
func TestQuorumOfStakeThatLeavesForABlock(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": 20 * spec.Thing, "bob": 80 * spec.Thing})
	var id uint64
	w.check(w.tx(func(ctx sdk.Context) (err error) {
		left := w.unbond(ctx, "ann", "val-1", 20*spec.Thing)
		id, err = w.propose(ctx, "val-1", full(), remove(1))
		_, back := w.bonds.CancelUnbondingDelegation(ctx, stakingtypes.NewMsgCancelUnbondingDelegation(
			account("ann").String(), sdk.ValAddress(account("val-1")).String(), ctx.BlockHeight(), coin(20*spec.Thing)))
		return errors.Join(left, err, back)
	}))
	if p := w.power("ann", id); p != 20*spec.Thing {
		t.Fatalf("it weighs %d", p)
	}
	if p := w.poll(id); p.Total != 102*spec.Thing {
		t.Errorf("all together weigh %d uthing in the vote, want %d", p.Total, 102*spec.Thing)
	}
}

// TestPowerGrowsOld: new stake has power after one to two warmups.
func TestPowerGrowsOld(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing})
	w.check(w.tx(func(ctx sdk.Context) error { return w.stake(ctx, "bob", 7) }))
	w.block(day - second)
	if got := w.power("bob", 0); got != 0 {
		t.Errorf("after less than a warmup it weighs %d", got)
	}
	w.block(day + second)
	if got := w.power("bob", 0); got != 7 {
		t.Errorf("after two warmups it weighs %d", got)
	}
}

// TestPowerWithValidator: bonded coins count if their validator was bonded at the mark and at the
// start of the vote, and still is.
func TestPowerWithValidator(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": spec.Thing, "bob": spec.Thing})
	w.fund("val-3", 1_000_000*spec.Thing)
	w.check(w.tx(func(ctx sdk.Context) error { return w.validate(ctx, "val-3", 10*spec.Thing) }))
	w.block(second)
	if got := w.power("val-3", 0); got != 0 {
		t.Errorf("of a new validator they weigh %d", got)
	}
	w.block(2 * day)
	if got := w.power("val-3", 0); got != 10*spec.Thing {
		t.Errorf("of a validator that is there for long they weigh %d", got)
	}
	id := w.proposed("ann")
	w.block(second)
	key, err := w.staking.GetValidator(w.ctx, sdk.ValAddress(account("val-3")))
	w.check(err)
	consensus, err := key.GetConsAddr()
	w.check(err)
	w.check(w.staking.Jail(w.ctx, consensus))
	w.block(second)
	if got := w.power("val-3", id); got != 0 {
		t.Errorf("of a validator in jail they weigh %d", got)
	}
	w.check(w.staking.Unjail(w.ctx, consensus))
	w.block(second)
	w.block(second)
	if got := w.power("val-3", id); got != 10*spec.Thing {
		t.Errorf("of a validator that was in jail between they weigh %d", got)
	}
	if got := w.power("val-3", 0); got != 10*spec.Thing {
		t.Errorf("in a vote that starts now they weigh %d", got)
	}
}

// TestPowerAfterSlash: slashed coins have no power, and coins that are bonded later do not replace
// them.
func TestPowerAfterSlash(t *testing.T) {
	w := begin(t, without{}, map[string]uint64{"ann": 100 * spec.Thing, "bob": spec.Thing})
	id := w.proposed("bob")
	w.block(second)
	v, err := w.staking.GetValidator(w.ctx, sdk.ValAddress(account("val-1")))
	w.check(err)
	consensus, err := v.GetConsAddr()
	w.check(err)
	_, err = w.staking.Slash(w.ctx, consensus, w.ctx.BlockHeight(), v.GetConsensusPower(sdk.DefaultPowerReduction), half())
	w.check(err)
	w.check(w.tx(func(ctx sdk.Context) error { return w.bond(ctx, "ann", "val-1", 50*spec.Thing) }))
	w.block(second)
	if got := w.power("ann", id); got != 50*spec.Thing {
		t.Errorf("it weighs %d, want what was left", got)
	}
}

// moment holds the state when a block began: what every account had bonded with every validator, its
// node's stake, and 1 for every bonded validator.
type moment struct {
	time int64
	had  map[string]uint64
}

// life is a random history of stake and votes. It reads stakes from x/staking at the begin of each
// block and does not use the records.
type life struct {
	*rapid.T
	*world
	past        []moment
	storedVotes map[string]bool
	sums        map[uint64]uint64
	cast        int
}

func people() []string { return []string{"ann", "bob", "eve"} }

func (l *life) has(ctx sdk.Context) map[string]uint64 {
	had := make(map[string]uint64)
	for _, name := range people() {
		for _, v := range []string{"val-1", "val-2"} {
			d, err := l.staking.GetDelegation(ctx, account(name), sdk.ValAddress(account(v)))
			if err != nil {
				continue
			}
			validator, err := l.staking.GetValidator(ctx, sdk.ValAddress(account(v)))
			if err != nil {
				l.Fatal(err)
			}
			had[name+" "+v] = validator.TokensFromShares(d.Shares).TruncateInt().Uint64()
		}
		had[name], _ = l.nodes.VotableOf(ctx, account(name).String())
	}
	for _, v := range []string{"val-1", "val-2"} {
		if l.validator(v).IsBonded() {
			had[v] = 1
		}
	}
	return had
}

func (l *life) validator(name string) stakingtypes.Validator {
	v, err := l.staking.GetValidator(l.ctx, sdk.ValAddress(account(name)))
	if err != nil {
		l.Fatal(err)
	}
	return v
}

// jail jails a validator, or releases it.
func (l *life) jail() {
	v := l.validator("val-2")
	consensus, err := v.GetConsAddr()
	if err != nil {
		l.Fatal(err)
	}
	if v.IsJailed() {
		err = l.staking.Unjail(l.ctx, consensus)
	} else {
		err = l.staking.Jail(l.ctx, consensus)
	}
	if err != nil {
		l.Fatal(err)
	}
}

// valueAt returns a stake at a time.
func (l *life) valueAt(stake string, time int64) uint64 {
	for _, m := range l.past {
		if m.time >= time {
			return m.had[stake]
		}
	}
	return l.has(l.ctx)[stake]
}

// want computes the power of an account: the sum of the least value of each of its stakes from the
// mark until now. A bond counts if its validator was bonded at the mark and at the start, and is.
func (l *life) want(name string, mark, start int64) (sum uint64) {
	current := l.has(l.ctx)
	for _, stake := range []string{name, name + " val-1", name + " val-2"} {
		if _, v, with := strings.Cut(stake, " "); with && current[v]*l.valueAt(v, mark)*l.valueAt(v, start) == 0 {
			continue
		}
		least := current[stake]
		for _, m := range l.past {
			if m.time >= mark {
				least = min(least, m.had[stake])
			}
		}
		sum += least
	}
	return sum
}

func (l *life) pass() {
	later := rapid.SampledFrom([]time.Duration{second, hour, 13 * hour, day, 3 * day}).Draw(l.T, "later")
	l.block(later)
	l.past = append(l.past, moment{l.ctx.BlockTime().UnixMilli(), l.has(l.ctx)})
}

func (l *life) who() string { return rapid.SampledFrom(people()).Draw(l.T, "who") }

// change is a transaction that may be refused.
func (l *life) change() {
	name, amount := l.who(), rapid.Uint64Range(1, 20*spec.Thing).Draw(l.T, "amount")
	validator := rapid.SampledFrom([]string{"val-1", "val-2"}).Draw(l.T, "validator")
	other := map[string]string{"val-1": "val-2", "val-2": "val-1"}[validator]
	kind := rapid.SampledFrom([]string{"bond", "unbond", "move", "stake"}).Draw(l.T, "kind")
	_ = l.tx(func(ctx sdk.Context) error {
		switch kind {
		case "bond":
			return l.bond(ctx, name, validator, amount)
		case "unbond":
			return l.unbond(ctx, name, validator, amount)
		case "move":
			return l.move(ctx, name, validator, other, amount)
		}
		return l.stake(ctx, name, amount)
	})
}

func (l *life) offer() {
	name := l.who()
	params, err := l.Params(l.ctx, &daopb.QueryParams{})
	if err != nil {
		l.Fatal(err)
	}
	warmup := int64(params.Params.WarmupSeconds) * 1000
	start := l.ctx.BlockTime().UnixMilli()
	mark := (start - warmup) / warmup * warmup
	may := l.want(name, mark, start) > 0
	err = l.tx(func(ctx sdk.Context) error {
		_, err := l.propose(ctx, name, full(), remove(1))
		return err
	})
	if errors.Is(err, dao.ErrOpen) {
		return
	}
	if may != (err == nil) || err != nil && !errors.Is(err, dao.ErrPower) {
		l.Fatalf("%s proposes with %d: %v", name, l.want(name, mark, start), err)
	}
}

func (l *life) ballot() {
	resp, err := l.Polls(l.ctx, &daopb.QueryPolls{})
	if err != nil {
		l.Fatal(err)
	}
	if len(resp.Polls) == 0 {
		return
	}
	p := rapid.SampledFrom(resp.Polls).Draw(l.T, "poll")
	name := l.who()
	option := rapid.SampledFrom([]govv1.VoteOption{govv1.OptionYes, govv1.OptionNo, govv1.OptionAbstain, govv1.OptionNoWithVeto}).Draw(l.T, "option")
	err = l.tx(func(ctx sdk.Context) error {
		if rapid.Bool().Draw(l.T, "split") {
			_, err := l.proposals.VoteWeighted(ctx, govv1.NewMsgVoteWeighted(account(name), p.Proposal, govv1.WeightedVoteOptions{
				{Option: govv1.OptionAbstain, Weight: "0.333333333333333333"}, {Option: govv1.OptionYes, Weight: "0.666666666666666667"},
			}, ""))
			return err
		}
		return l.vote(ctx, name, p.Proposal, option)
	})
	key, weighs := fmt.Sprint(p.Proposal, name), l.want(name, p.Mark, p.Start)
	var want error
	switch {
	case p.Ended > 0 || l.ctx.BlockTime().UnixMilli() >= p.End:
		want = dao.ErrInactive
	case l.storedVotes[key]:
		want = dao.ErrVoted
	case weighs == 0:
		want = dao.ErrPower
	default:
		l.storedVotes[key] = true
		l.sums[p.Proposal] += weighs
		l.cast++
	}
	if !errors.Is(err, want) {
		l.Fatalf("%s votes in %d with %d: got %v, want %v", name, p.Proposal, weighs, err, want)
	}
}

// restart exports and imports the module between two blocks.
func (l *life) restart() {
	l.block(second)
	l.past = append(l.past, moment{l.ctx.BlockTime().UnixMilli(), l.has(l.ctx)})
	before := l.answers()
	raw := dao.Module{Keeper: l.Keeper}.ExportGenesis(l.ctx, l.codec)
	kv := l.ctx.KVStore(l.keys[dao.Name])
	var keys [][]byte
	i := kv.Iterator(nil, nil)
	for ; i.Valid(); i.Next() {
		keys = append(keys, i.Key())
	}
	i.Close()
	for _, k := range keys {
		kv.Delete(k)
	}
	if err := (dao.Module{}).ValidateGenesis(l.codec, nil, raw); err != nil {
		l.Fatal(err)
	}
	dao.Module{Keeper: l.Keeper}.InitGenesis(l.ctx, l.codec, raw)
	if err := l.BeginBlock(l.ctx); err != nil {
		l.Fatal(err)
	}
	if after := l.answers(); before != after {
		l.Fatalf("the votes begin again as\n%s\nnot as\n%s", after, before)
	}
	if again := (dao.Module{Keeper: l.Keeper}.ExportGenesis(l.ctx, l.codec)); string(again) != string(raw) {
		l.Fatalf("it exports\n%s\nnot\n%s", again, raw)
	}
}

// answers returns the answers to all queries.
func (l *life) answers() (all string) {
	polls, err := l.Polls(l.ctx, &daopb.QueryPolls{})
	if err != nil {
		l.Fatal(err)
	}
	all = fmt.Sprintf("%+v\n", polls.Polls)
	for _, name := range people() {
		all += fmt.Sprintf("%s %d", name, l.power(name, 0))
		for _, p := range polls.Polls {
			all += fmt.Sprintf(" %d", l.power(name, p.Proposal))
		}
	}
	return all
}

func (l *life) holds() {
	for _, id := range slices.Sorted(maps.Keys(l.sums)) {
		p := l.poll(id)
		t := p.Tally
		if sum := t.Yes + t.No + t.Abstain + t.Veto; sum != l.sums[id] {
			l.Fatalf("poll %d sums up to %d, want %d: %+v", id, sum, l.sums[id], t)
		}
	}
	if found, err := l.Inconsistencies(l.ctx); err != nil || len(found) > 0 {
		l.Fatalf("%v, %v", found, err)
	}
}

// TestLivesOfVotes plays random histories: stake is bonded, moved, unbonded and staked, votes overlap,
// accounts vote, and the module is exported and imported. Each account votes once, with the least
// value of each of its stakes since the mark, and the sums are those of the votes.
func TestLivesOfVotes(t *testing.T) {
	histories, cast := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		l := &life{T: rt, world: begin(t, without{}, map[string]uint64{"ann": 30 * spec.Thing, "bob": 20 * spec.Thing}), storedVotes: map[string]bool{}, sums: map[uint64]uint64{}}
		l.fund("eve", 1_000_000*spec.Thing)
		l.past = []moment{{l.ctx.BlockTime().UnixMilli(), l.has(l.ctx)}}
		verbs := []func(){l.pass, l.change, l.change, l.offer, l.offer, l.ballot, l.ballot, l.ballot, l.jail, l.restart}
		for range rapid.IntRange(10, 50).Draw(rt, "steps") {
			rapid.SampledFrom(verbs).Draw(rt, "verb")()
			l.holds()
		}
		histories, cast = histories+1, cast+l.cast
	})
	t.Logf("%d histories, %d votes", histories, cast)
}
