package round_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// strict are rules under which a test comes to every bound.
func strict() spec.StakeRules {
	return spec.StakeRules{
		Bounds: []spec.StakeBounds{{Role: spec.Trainer, Min: 10, Max: 1000}}, MaxBond: 1000,
		Unbonding: 100 * spec.Hour, Jail: spec.Hour, MaxSlash: 100_000,
	}
}

// history is what happened to one deposit, as a bookkeeper would note it.
type history struct {
	*rapid.T
	spec.Deposit
	rules           spec.StakeRules
	now             int64
	in, out, burned uint64           // of the owner's own
	minted, gone    uint64           // of what was granted
	holds           []uint64         // of tasks
	begun           map[uint64]int64 // when an unbonding began, by number
	period          int64            // when the period of the newest slash began
	most, slashed   uint64           // what may be, and was, slashed in it
	jailedUntil     int64
}

func (h *history) amount(name string) uint64 {
	return rapid.OneOf(rapid.Uint64Range(0, 30), rapid.SampledFrom([]uint64{
		0, 1, 100, 990, 1000, 1001, math.MaxUint64, math.MaxUint64 - 1000, h.Stake, h.Stake + 1, h.FreeStake(), h.FreeStake() + 1,
	})).Draw(h.T, name)
}

// keep takes a deposit over unless there is an error, which must change nothing.
func (h *history) keep(after spec.Deposit, err error) bool {
	if err == nil {
		h.Deposit = after
	} else if d := cmp.Diff(h.Deposit, after); d != "" {
		h.Fatalf("what is refused (%v) changes something:\n%s", err, d)
	}
	return err == nil
}

// leave lets the node leave, by its owner or by a vote.
func (h *history) leave(may bool, how func(spec.Deposit, int64, spec.StakeRules) (spec.Deposit, uint64, error)) {
	own, granted, under := h.Stake-h.Granted, h.Granted, h.Unbondings
	after, burned, err := how(h.Deposit, h.now, h.rules)
	if got := h.keep(after, err); got != may {
		h.Fatalf("leaving with %+v: %v", h.Deposit, err)
	} else if !got {
		return
	}
	if burned != granted || h.Stake > 0 || h.State != spec.NodeUnbonding {
		h.Fatalf("%d is burned of what was granted: %+v", burned, h.Deposit)
	}
	h.gone += burned
	switch newest := len(h.Unbonding) - 1; {
	case h.Unbondings > under:
		h.begun[h.Unbondings] = h.now
	case own > 0: // it joined the newest
		h.begun[h.Unbonding[newest].Number] = h.now
	}
}

// Whatever is done to a deposit in whatever order: what came in is there, went back or
// was burned for a fault (I3), whatever a vote decides; what was granted is there or was
// burned, and never goes to the owner; nothing wraps and nothing of zero happens (I4); a slash takes no more
// than there is, than its base and than the day allows (I5); an unbonding ends once, not
// before its time, and there are few of them (I12).
func TestDepositLosesNothing(t *testing.T) {
	seen := map[spec.NodeState]int{}
	rapid.Check(t, func(t *rapid.T) {
		h := &history{T: t, rules: strict(), now: 1_000_000, period: -86_400_000, begun: map[uint64]int64{}}
		first := rapid.Uint64Range(0, 1000).Draw(t, "first stake")
		d, err := round.NewDeposit(first, h.rules)
		if err != nil {
			t.Fatal(err)
		}
		h.Deposit, h.in = d, first
		h.Repeat(map[string]func(*rapid.T){
			"add": func(*rapid.T) {
				amount := h.amount("amount")
				may := amount > 0 && amount <= h.rules.Bounds[0].Max && h.Locked()+amount <= h.rules.Bounds[0].Max && !h.Removed
				if got := h.keep(round.AddStake(h.Deposit, amount, h.rules)); got != may {
					t.Fatalf("adding %d to %+v: %t", amount, h.Deposit, got)
				} else if got {
					h.in += amount
				}
			},
			"unbond": func(*rapid.T) {
				amount := h.amount("amount")
				may := amount > 0 && amount <= h.FreeStake() && amount <= h.Stake-h.Granted && len(h.Unbonding) < 7
				if got := h.keep(round.Unbond(h.Deposit, amount, h.now, h.rules)); got != may {
					t.Fatalf("unbonding %d of %+v: %t", amount, h.Deposit, got)
				} else if got {
					h.begun[h.Unbondings] = h.now
				}
			},
			"cancel": func(*rapid.T) {
				number := rapid.Uint64Range(0, h.Unbondings+1).Draw(t, "number")
				_, there := h.begun[number]
				there = there && !h.Removed
				if got := h.keep(round.CancelUnbond(h.Deposit, number, h.rules)); got != there {
					t.Fatalf("cancelling %d of %+v: %t", number, h.Deposit, got)
				}
				if there {
					delete(h.begun, number)
				}
			},
			"grant": func(*rapid.T) {
				amount := h.amount("amount")
				bounds := h.rules.Bounds[0]
				reaches := h.Stake < bounds.Min && amount >= bounds.Min-h.Stake && amount <= bounds.Max
				may := amount > 0 && h.State == spec.NodePending && reaches && h.Locked()+amount <= bounds.Max
				if got := h.keep(round.Grant(h.Deposit, amount, h.rules)); got != may {
					t.Fatalf("granting %d to %+v: %t", amount, h.Deposit, got)
				} else if got {
					h.minted += amount
				}
			},
			"exit": func(*rapid.T) {
				may := (h.State != spec.NodeUnbonding || len(h.Unbonding) == 0) && (h.Stake == h.Granted || len(h.Unbonding) < 7)
				h.leave(may, round.Exit)
			},
			"remove": func(*rapid.T) {
				h.leave(!h.Removed, round.Remove)
				if !h.Removed {
					t.Fatalf("a vote removes it: %+v", h.Deposit)
				}
			},
			"pass": func(*rapid.T) {
				h.now += rapid.SampledFrom([]int64{1, 3_600_000, 86_400_000, 100 * 3_600_000}).Draw(t, "pause")
			},
			"mature": func(*rapid.T) {
				var want uint64
				for _, u := range h.Unbonding {
					if h.now-h.begun[u.Number] >= int64(h.rules.Unbonding) {
						want += u.Amount
						delete(h.begun, u.Number)
					}
				}
				after, returned := round.Mature(h.Deposit, h.now, nil)
				if returned != want {
					t.Fatalf("%d goes back of %+v: want %d", returned, h.Deposit, want)
				}
				h.Deposit, h.out = after, h.out+returned
			},
			"bond": func(*rapid.T) {
				required := h.amount("required")
				after, held := round.Bond(h.Deposit, required)
				if held != min(required, h.FreeStake()) {
					t.Fatalf("a task that requires %d holds %d of %+v", required, held, h.Deposit)
				}
				h.Deposit, h.holds = after, append(h.holds, held)
			},
			"unlock": func(*rapid.T) {
				if len(h.holds) == 0 {
					t.Skip("no task holds anything")
				}
				held := h.holds[0]
				if !h.keep(round.Unlock(h.Deposit, held)) {
					t.Fatalf("%d cannot be given back of %+v", held, h.Deposit)
				}
				h.holds = h.holds[1:]
			},
			"slash": func(*rapid.T) {
				base, part := h.amount("base"), spec.PPM(rapid.SampledFrom([]uint32{0, 1, 5_000, 50_000, 200_000, 1_000_000, math.MaxUint32}).Draw(t, "part"))
				if h.now-h.period >= 86_400_000 {
					h.period, h.most, h.slashed = h.now, h.Locked()/10, 0
				}
				before := h.Locked()
				after, taken := round.Slashed(h.Deposit, h.now, base, part, h.rules)
				if h.slashed += taken; h.slashed > h.most || taken > base || after.Locked()+taken != before {
					t.Fatalf("%d is taken of %d, %d in a day in which %d may be: %+v", taken, before, h.slashed, h.most, after)
				}
				if own := h.Stake - h.Granted; taken <= own && after.Granted != h.Granted {
					t.Fatalf("what was granted is touched before the owner's own %d: %d is taken of %+v", own, taken, h.Deposit)
				}
				granted := h.Granted - after.Granted
				h.Deposit, h.burned, h.gone = after, h.burned+taken-granted, h.gone+granted
				for number := range h.begun { // one that was slashed away is no more
					if !slices.ContainsFunc(h.Unbonding, func(u spec.Unbonding) bool { return u.Number == number }) {
						delete(h.begun, number)
					}
				}
			},
			"jail": func(*rapid.T) {
				h.Deposit = round.Jail(h.Deposit, h.now, h.rules)
				h.jailedUntil = h.now + int64(h.rules.Jail)
			},
			"unjail": func(*rapid.T) {
				may := h.State == spec.NodeJailed && h.now >= h.jailedUntil && h.Stake >= h.rules.Bounds[0].Min
				if got := h.keep(round.Unjail(h.Deposit, h.now, h.rules)); got != may {
					t.Fatalf("unjailing %+v at %d: %t", h.Deposit, h.now, got)
				}
			},
			"leave":  func(*rapid.T) { h.keep(round.Leave(h.Deposit)) },
			"return": func(*rapid.T) { h.keep(round.Return(h.Deposit, h.rules)) },
			"": func(*rapid.T) {
				var held uint64
				for _, hold := range h.holds {
					held += hold
				}
				switch {
				case h.Granted > h.Stake || h.minted != h.gone+h.Granted:
					t.Fatalf("%d was granted, %d of that was burned, and there is %+v", h.minted, h.gone, h.Deposit)
				case h.in != h.out+h.burned+h.Locked()-h.Granted:
					t.Fatalf("%d came in, %d went back, %d was burned, and there is %+v", h.in, h.out, h.burned, h.Deposit)
				case h.Bonded != held:
					t.Fatalf("tasks hold %d: %+v", held, h.Deposit)
				case len(h.Unbonding) > 7 || len(h.Unbonding) != len(h.begun):
					t.Fatalf("want the unbondings %v: %+v", h.begun, h.Deposit)
				case h.Selectable() && (h.Stake < h.rules.Bounds[0].Min || h.JailedUntil > 0):
					t.Fatalf("may be selected: %+v", h.Deposit)
				case h.State == spec.NodeUnbonding && h.Stake > 0, h.Stake == 0 && h.State != spec.NodeUnbonding && h.State != spec.NodePending:
					t.Fatalf("on its way out: %+v", h.Deposit)
				}
				if err := round.CheckDeposit(h.Deposit); err != nil {
					t.Fatalf("%+v: %v", h.Deposit, err)
				}
				seen[h.State]++
			},
		})
	})
	for _, state := range spec.NodeStates() {
		if state != spec.NodeExited && seen[state] == 0 && !testing.Short() {
			t.Errorf("no deposit was ever %s: the draw is too tame (%v)", state, seen)
		}
	}
}

// A slash takes the stake first, then what is on its way out, the newest first.
func TestSlashOrder(t *testing.T) {
	rules := strict()
	rules.MaxSlash = spec.One
	d := spec.Deposit{State: spec.NodeActive, Stake: 20, Unbonding: []spec.Unbonding{{Number: 1, Amount: 30, Due: 5}, {Number: 2, Amount: 40, Due: 6}}}
	for _, c := range []struct {
		base  uint64
		taken uint64
		stake uint64
		rest  []spec.Unbonding
	}{
		{15, 15, 5, []spec.Unbonding{{Number: 1, Amount: 30, Due: 5}, {Number: 2, Amount: 40, Due: 6}}},
		{30, 30, 0, []spec.Unbonding{{Number: 1, Amount: 30, Due: 5}, {Number: 2, Amount: 30, Due: 6}}},
		{65, 65, 0, []spec.Unbonding{{Number: 1, Amount: 25, Due: 5}}},
		{1000, 90, 0, []spec.Unbonding{}},
	} {
		before := cmp.Diff(spec.Deposit{}, d)
		after, taken := round.Slashed(d, 1, c.base, spec.One, rules)
		if taken != c.taken || after.Stake != c.stake || !cmp.Equal(after.Unbonding, c.rest) {
			t.Errorf("a slash of %d takes %d and leaves %+v, want %+v", c.base, taken, after, c)
		}
		if cmp.Diff(spec.Deposit{}, d) != before {
			t.Errorf("a slash of %d changes the deposit it was given", c.base)
		}
	}
}

// What is proved after a node has asked for its stake is paid for all the same, and
// jail does not end by taking the stake out and putting it back.
func TestAttack19ExitBeforeTheFaultIsJudged(t *testing.T) {
	rules := strict()
	d, err := round.NewDeposit(1000, rules)
	if err != nil {
		t.Fatal(err)
	}
	leaving, err := round.Unbond(d, 1000, 0, rules)
	if err != nil || leaving.State != spec.NodeUnbonding || leaving.FreeStake() != 0 {
		t.Fatalf("%+v, %v", leaving, err)
	}
	if _, taken := round.Slashed(leaving, 1, 500, 50_000, rules); taken != 25 {
		t.Errorf("a node on its way out loses %d, want 25 as one that stays", taken)
	}
	gone, returned := round.Mature(leaving, int64(rules.Unbonding), nil)
	if _, taken := round.Slashed(gone, 1, 500, 50_000, rules); taken != 0 || returned != 1000 {
		t.Errorf("what is with its owner is slashed by %d, after %d went back", taken, returned)
	}
	jailed := round.Jail(leaving, 1, rules)
	back, err := round.CancelUnbond(jailed, 1, rules)
	if err != nil || back.State != spec.NodeJailed {
		t.Errorf("a jailed node that puts its stake back is %s, %v", back.State, err)
	}
	if _, err := round.Return(back, rules); !errors.Is(err, round.ErrNodeState) {
		t.Errorf("it returns from jail: %v", err)
	}
}
