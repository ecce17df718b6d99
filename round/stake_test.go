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

// smallBounds are stake rules with bounds that a random test reaches.
func smallBounds() spec.StakeRules {
	return spec.StakeRules{
		Bounds: []spec.StakeBounds{{Role: spec.Trainer, Min: 10, Max: 1000}}, MaxBond: 1000,
		Unbonding: 100 * spec.Hour, Jail: spec.Hour, MaxSlash: 100_000,
	}
}

// history is a deposit with a simple account of everything that happened to it.
type history struct {
	*rapid.T
	spec.Deposit
	rules           spec.StakeRules
	now             int64
	in, out, burned uint64           // owner's money: paid in, paid out, burned
	granted, gone   uint64           // granted stake: in all, and burned
	bonds           []uint64         // held by tasks
	started         map[uint64]int64 // start of each unbonding, by number
	period          int64            // start of the day of the newest slash
	limit, slashed  uint64           // in that day
	jailedUntil     int64
}

func (h *history) amount(name string) uint64 {
	return rapid.OneOf(rapid.Uint64Range(0, 30), rapid.SampledFrom([]uint64{
		0, 1, 100, 990, 1000, 1001, math.MaxUint64, math.MaxUint64 - 1000, h.Stake, h.Stake + 1, h.FreeStake(), h.FreeStake() + 1,
	})).Draw(h.T, name)
}

// keep replaces the deposit, and reports true, unless there is an error, which must change nothing.
func (h *history) keep(after spec.Deposit, err error) bool {
	if err == nil {
		h.Deposit = after
	} else if d := cmp.Diff(h.Deposit, after); d != "" {
		h.Fatalf("a refused change (%v) changes the deposit:\n%s", err, d)
	}
	return err == nil
}

// leave lets the node exit, or be removed by a vote.
func (h *history) leave(may bool, how func(spec.Deposit, int64, spec.StakeRules) (spec.Deposit, uint64, error)) {
	own, granted, under := h.Stake-h.Granted, h.Granted, h.Unbondings
	after, burned, err := how(h.Deposit, h.now, h.rules)
	if got := h.keep(after, err); got != may {
		h.Fatalf("leaving with %+v: got error %v", h.Deposit, err)
	} else if !got {
		return
	}
	if burned != granted || h.Stake > 0 || h.State != spec.NodeUnbonding {
		h.Fatalf("%d uthing of granted stake burned: %+v", burned, h.Deposit)
	}
	h.gone += burned
	switch newest := len(h.Unbonding) - 1; {
	case h.Unbondings > under:
		h.started[h.Unbondings] = h.now
	case own > 0: // it was added to the newest unbonding
		h.started[h.Unbonding[newest].Number] = h.now
	}
}

// TestDepositLosesNothing: whatever happens to a deposit, in any order, these invariants hold.
// What the owner paid in is there, was paid back, or was burned for a fault (I3), whatever a vote
// decides. Granted stake is there or was burned, and never goes to the owner. Nothing overflows,
// and amounts of zero are refused (I4). A slash takes at most what is there, its base, and the
// limit of the day (I5). An unbonding ends once and not early, and there are at most 7 (I12).
func TestDepositLosesNothing(t *testing.T) {
	seen := map[spec.NodeState]int{}
	rapid.Check(t, func(t *rapid.T) {
		h := &history{T: t, rules: smallBounds(), now: 1_000_000, period: -86_400_000, started: map[uint64]int64{}}
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
					h.started[h.Unbondings] = h.now
				}
			},
			"cancel": func(*rapid.T) {
				number := rapid.Uint64Range(0, h.Unbondings+1).Draw(t, "number")
				_, there := h.started[number]
				there = there && !h.Removed
				if got := h.keep(round.CancelUnbond(h.Deposit, number, h.rules)); got != there {
					t.Fatalf("cancelling %d of %+v: %t", number, h.Deposit, got)
				}
				if there {
					delete(h.started, number)
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
					h.granted += amount
				}
			},
			"exit": func(*rapid.T) {
				may := (h.State != spec.NodeUnbonding || len(h.Unbonding) == 0) && (h.Stake == h.Granted || len(h.Unbonding) < 7)
				h.leave(may, round.Exit)
			},
			"remove": func(*rapid.T) {
				h.leave(!h.Removed, round.Remove)
				if !h.Removed {
					t.Fatalf("after a removal by vote: %+v", h.Deposit)
				}
			},
			"pass": func(*rapid.T) {
				h.now += rapid.SampledFrom([]int64{1, 3_600_000, 86_400_000, 100 * 3_600_000}).Draw(t, "pause")
			},
			"mature": func(*rapid.T) {
				var want uint64
				for _, u := range h.Unbonding {
					if h.now-h.started[u.Number] >= int64(h.rules.Unbonding) {
						want += u.Amount
						delete(h.started, u.Number)
					}
				}
				after, returned := round.Mature(h.Deposit, h.now, nil)
				if returned != want {
					t.Fatalf("%d uthing are paid back of %+v: want %d", returned, h.Deposit, want)
				}
				h.Deposit, h.out = after, h.out+returned
			},
			"bond": func(*rapid.T) {
				required := h.amount("required")
				after, held := round.Bond(h.Deposit, required)
				if held != min(required, h.FreeStake()) {
					t.Fatalf("a task that requires %d holds %d of %+v", required, held, h.Deposit)
				}
				h.Deposit, h.bonds = after, append(h.bonds, held)
			},
			"unlock": func(*rapid.T) {
				if len(h.bonds) == 0 {
					t.Skip("no task holds anything")
				}
				held := h.bonds[0]
				if !h.keep(round.Unlock(h.Deposit, held)) {
					t.Fatalf("a bond of %d cannot be released from %+v", held, h.Deposit)
				}
				h.bonds = h.bonds[1:]
			},
			"slash": func(*rapid.T) {
				base, part := h.amount("base"), spec.PPM(rapid.SampledFrom([]uint32{0, 1, 5_000, 50_000, 200_000, 1_000_000, math.MaxUint32}).Draw(t, "part"))
				if h.now-h.period >= 86_400_000 {
					h.period, h.limit, h.slashed = h.now, h.Locked()/10, 0
				}
				before := h.Locked()
				after, taken := round.Slashed(h.Deposit, h.now, base, part, h.rules)
				if h.slashed += taken; h.slashed > h.limit || taken > base || after.Locked()+taken != before {
					t.Fatalf("a slash takes %d of %d; %d in a day with a limit of %d: %+v", taken, before, h.slashed, h.limit, after)
				}
				if own := h.Stake - h.Granted; taken <= own && after.Granted != h.Granted {
					t.Fatalf("granted stake is slashed before the owner's own %d: a slash takes %d of %+v", own, taken, h.Deposit)
				}
				granted := h.Granted - after.Granted
				h.Deposit, h.burned, h.gone = after, h.burned+taken-granted, h.gone+granted
				for number := range h.started { // an unbonding that was slashed to 0 is gone
					if !slices.ContainsFunc(h.Unbonding, func(u spec.Unbonding) bool { return u.Number == number }) {
						delete(h.started, number)
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
				for _, hold := range h.bonds {
					held += hold
				}
				switch {
				case h.Granted > h.Stake || h.granted != h.gone+h.Granted:
					t.Fatalf("%d granted, %d of that burned, and the deposit is %+v", h.granted, h.gone, h.Deposit)
				case h.in != h.out+h.burned+h.Locked()-h.Granted:
					t.Fatalf("%d paid in, %d paid back, %d burned, and the deposit is %+v", h.in, h.out, h.burned, h.Deposit)
				case h.Bonded != held:
					t.Fatalf("tasks hold %d: %+v", held, h.Deposit)
				case len(h.Unbonding) > 7 || len(h.Unbonding) != len(h.started):
					t.Fatalf("want the unbondings %v: %+v", h.started, h.Deposit)
				case h.Selectable() && (h.Stake < h.rules.Bounds[0].Min || h.JailedUntil > 0):
					t.Fatalf("a node that must not be selected can be: %+v", h.Deposit)
				case h.State == spec.NodeUnbonding && h.Stake > 0, h.Stake == 0 && h.State != spec.NodeUnbonding && h.State != spec.NodePending:
					t.Fatalf("the state does not fit the stake: %+v", h.Deposit)
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
			t.Errorf("no deposit was ever %s: the random choices must be widened (%v)", state, seen)
		}
	}
}

// TestSlashOrder: a slash takes the stake first, then unbonding stake, the newest first.
func TestSlashOrder(t *testing.T) {
	rules := smallBounds()
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

// TestAttack19ExitBeforeTheFaultIsJudged: a node unbonds its stake before its fault is proved. The
// unbonding stake is slashed. Unbonding and cancelling that does not end jail.
func TestAttack19ExitBeforeTheFaultIsJudged(t *testing.T) {
	rules := smallBounds()
	d, err := round.NewDeposit(1000, rules)
	if err != nil {
		t.Fatal(err)
	}
	leaving, err := round.Unbond(d, 1000, 0, rules)
	if err != nil || leaving.State != spec.NodeUnbonding || leaving.FreeStake() != 0 {
		t.Fatalf("%+v, %v", leaving, err)
	}
	if _, taken := round.Slashed(leaving, 1, 500, 50_000, rules); taken != 25 {
		t.Errorf("a node that is unbonding loses %d, want 25, like one that stays", taken)
	}
	gone, returned := round.Mature(leaving, int64(rules.Unbonding), nil)
	if _, taken := round.Slashed(gone, 1, 500, 50_000, rules); taken != 0 || returned != 1000 {
		t.Errorf("stake that was paid back is slashed by %d, want 0; %d were paid back, want 1000", taken, returned)
	}
	jailed := round.Jail(leaving, 1, rules)
	back, err := round.CancelUnbond(jailed, 1, rules)
	if err != nil || back.State != spec.NodeJailed {
		t.Errorf("a jailed node that cancels its unbonding is %s, %v; want jailed", back.State, err)
	}
	if _, err := round.Return(back, rules); !errors.Is(err, round.ErrNodeState) {
		t.Errorf("a jailed node returns: got error %v, want %v", err, round.ErrNodeState)
	}
}
