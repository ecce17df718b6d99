package round

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/althing-network/althing/spec"
)

const (
	// maxUnbondings bounds how many unbondings of one node are under way.
	maxUnbondings = 7
	// slashPeriod is the stretch of block time in which no more is slashed of a node
	// than the rules say.
	slashPeriod = 24 * spec.Hour
)

// What is refused of a deposit. Moments are block time, in milliseconds since 1970.
var (
	// ErrStake is a stake outside the bounds of the network.
	ErrStake = errors.New("stake out of bounds")
	// ErrNodeState is what a node in its state may not do.
	ErrNodeState = errors.New("node is in another state")
	// ErrUnbonding is an unbonding that is not there, or one too many.
	ErrUnbonding = errors.New("no such unbonding")

	errRemoved    = fmt.Errorf("%w: a vote has removed it", ErrNodeState)
	errUnbondings = fmt.Errorf("%w: want at most %d under way", ErrUnbonding, maxUnbondings)
)

// DefaultStakeRules are the rules of a network that says nothing else: the same bounds in
// every role.
func DefaultStakeRules() spec.StakeRules {
	const minStake, maxStake = spec.Thing, 500_000 * spec.Thing
	rules := spec.StakeRules{
		MaxBond:   maxStake,
		Unbonding: 21 * 24 * spec.Hour, Jail: spec.Hour, MaxSlash: spec.One / 10,
	}
	for _, role := range spec.Roles() {
		rules.Bounds = append(rules.Bounds, spec.StakeBounds{Role: role, Min: minStake, Max: maxStake})
	}
	return rules
}

// enough refuses a stake below the least of a role, and names the role that wants most.
func enough(stake uint64, rules spec.StakeRules) error {
	var want spec.StakeBounds
	for _, b := range rules.Bounds {
		if b.Min > want.Min {
			want = b
		}
	}
	if stake < want.Min {
		return fmt.Errorf("%w: %d uthing: want at least %d for the role %s", ErrStake, stake, want.Min, want.Role)
	}
	return nil
}

// room refuses an amount that brings what is locked above the most of a role, and names
// the role that allows least.
func room(locked, amount uint64, rules spec.StakeRules) error {
	var want spec.StakeBounds
	for _, b := range rules.Bounds {
		if want.Role == 0 || b.Max < want.Max {
			want = b
		}
	}
	if want.Role != 0 && (locked > want.Max || amount > want.Max-locked) {
		return fmt.Errorf("%w: %d uthing beside the %d that are locked: want at most %d for the role %s", ErrStake, amount, locked, want.Max, want.Role)
	}
	return nil
}

// CheckStake refuses the deposit of an active node that is outside the bounds of its
// roles. Any other node may have any: it is asked when it returns.
func CheckStake(d spec.Deposit, rules spec.StakeRules) error {
	if !d.Selectable() {
		return nil
	}
	return within(d, rules)
}

// within refuses a deposit with which a node cannot be active in its roles.
func within(d spec.Deposit, rules spec.StakeRules) error {
	if err := enough(d.Stake, rules); err != nil {
		return err
	}
	return room(d.Locked()-d.Stake, d.Stake, rules)
}

// The rules that follow are those for the roles of the node, see [spec.StakeRules.ForRoles].

// NewDeposit is the deposit of a node that registers with a stake. With less than the
// least, or nothing, it applies: it is pending until its owner adds what is missing, or a
// vote grants it.
func NewDeposit(stake uint64, rules spec.StakeRules) (spec.Deposit, error) {
	if stake == 0 {
		return spec.Deposit{State: spec.NodePending}, nil
	}
	return AddStake(spec.Deposit{State: spec.NodeActive}, stake, rules)
}

// AddStake is the deposit with more stake. A node that was not selected for want of it
// is pending until it returns.
func AddStake(d spec.Deposit, amount uint64, rules spec.StakeRules) (spec.Deposit, error) {
	switch {
	case amount == 0:
		return d, fmt.Errorf("%w: nothing is added", ErrStake)
	case d.Removed:
		return d, errRemoved
	}
	if err := room(d.Locked(), amount, rules); err != nil {
		return d, err
	}
	d.Stake += amount
	return settled(d, rules), nil
}

// Unbond is the deposit of which an amount is on its way out; it is the newest of
// Unbonding. Only the owner's own stake, and only what no task holds, may leave.
func Unbond(d spec.Deposit, amount uint64, now int64, rules spec.StakeRules) (spec.Deposit, error) {
	switch {
	case amount == 0:
		return d, fmt.Errorf("%w: nothing is unbonded", ErrStake)
	case amount > d.Free():
		return d, fmt.Errorf("%w: %d uthing of which %d are free: tasks hold %d of %d", ErrStake, amount, d.Free(), d.Bonded, d.Stake)
	case amount > d.Own():
		return d, fmt.Errorf("%w: %d uthing of which %d are the owner's own: %d of %d were granted", ErrStake, amount, d.Own(), d.Granted, d.Stake)
	case len(d.Unbonding) >= maxUnbondings:
		return d, errUnbondings
	}
	return settled(unbonded(d, amount, now, rules), rules), nil
}

// unbonded is the deposit of which an amount of own stake is on its way out. One beyond
// the bound joins the newest, which begins anew. A node whose whole stake leaves is on its
// way out.
func unbonded(d spec.Deposit, amount uint64, now int64, rules spec.StakeRules) spec.Deposit {
	d.Stake -= amount
	if d.Stake == 0 {
		d.State = spec.NodeUnbonding
	}
	if d.Unbonding = slices.Clone(d.Unbonding); len(d.Unbonding) < maxUnbondings {
		d.Unbondings++
		d.Unbonding = append(d.Unbonding, spec.Unbonding{Number: d.Unbondings})
	}
	newest := &d.Unbonding[len(d.Unbonding)-1]
	newest.Amount += amount
	newest.Since, newest.Due = now, max(newest.Due, now+int64(rules.Unbonding))
	return d
}

// Grant is the deposit of a node that applies, to whose stake a vote adds an amount with
// which it may be selected.
func Grant(d spec.Deposit, amount uint64, rules spec.StakeRules) (spec.Deposit, error) {
	switch {
	case amount == 0:
		return d, fmt.Errorf("%w: nothing is granted", ErrStake)
	case d.State != spec.NodePending:
		return d, fmt.Errorf("%w: it is %s: want one that applies", ErrNodeState, d.State)
	case enough(d.Stake, rules) == nil:
		return d, fmt.Errorf("%w: it is on leave, with a stake of %d uthing: want one whose stake is too small", ErrNodeState, d.Stake)
	}
	if err := room(d.Locked(), amount, rules); err != nil {
		return d, err
	}
	if err := enough(d.Stake+amount, rules); err != nil {
		return d, err
	}
	d.Stake, d.Granted, d.State = d.Stake+amount, d.Granted+amount, spec.NodeActive
	return settled(d, rules), nil
}

// Exit is the deposit of a node that leaves, whatever tasks hold of it: the owner's own
// stake is on its way out, and the caller burns what was granted.
func Exit(d spec.Deposit, now int64, rules spec.StakeRules) (after spec.Deposit, burned uint64, err error) {
	switch {
	case d.State == spec.NodeExited, d.State == spec.NodeUnbonding && len(d.Unbonding) > 0:
		return d, 0, fmt.Errorf("%w: it is %s already", ErrNodeState, d.State)
	case d.Own() > 0 && len(d.Unbonding) >= maxUnbondings:
		return d, 0, errUnbondings
	}
	after, burned = left(d, now, rules)
	return after, burned, nil
}

// Remove is [Exit] by a vote: nothing that the owner does keeps the node, and nothing
// returns to its stake. An unbonding beyond the bound joins the newest.
func Remove(d spec.Deposit, now int64, rules spec.StakeRules) (after spec.Deposit, burned uint64, err error) {
	switch {
	case d.State == spec.NodeExited:
		return d, 0, fmt.Errorf("%w: it is %s already", ErrNodeState, d.State)
	case d.Removed:
		return d, 0, errRemoved
	}
	after, burned = left(d, now, rules)
	after.Removed = true
	return after, burned, nil
}

func left(d spec.Deposit, now int64, rules spec.StakeRules) (after spec.Deposit, burned uint64) {
	burned, own := d.Granted, d.Own()
	d.Stake, d.Granted, d.State = own, 0, spec.NodeUnbonding
	if own > 0 {
		d = unbonded(d, own, now, rules)
	}
	return d, burned
}

// CancelUnbond is the deposit to whose stake one unbonding has returned.
func CancelUnbond(d spec.Deposit, number uint64, rules spec.StakeRules) (spec.Deposit, error) {
	if d.Removed {
		return d, errRemoved
	}
	i := slices.IndexFunc(d.Unbonding, func(u spec.Unbonding) bool { return u.Number == number })
	if i < 0 {
		return d, fmt.Errorf("%w: number %d", ErrUnbonding, number)
	}
	d.Stake += d.Unbonding[i].Amount
	d.Unbonding = slices.Delete(slices.Clone(d.Unbonding), i, i+1)
	return settled(d, rules), nil
}

// Mature is the deposit without the unbondings that are due, and what they amount to. Of
// these the ones that a vote holds stay; nil holds none.
func Mature(d spec.Deposit, now int64, held func(since int64) bool) (after spec.Deposit, returned uint64) {
	var rest []spec.Unbonding
	for _, u := range d.Unbonding {
		if u.Due > now || held != nil && held(u.Since) {
			rest = append(rest, u)
			continue
		}
		returned += u.Amount
	}
	d.Unbonding = rest
	return d, returned
}

// Gone reports whether nothing keeps a node: no money, and no part in a task.
func Gone(n spec.Node) bool {
	return n.State == spec.NodeUnbonding && len(n.Unbonding) == 0 && n.Busy == 0
}

// Tombstone is what remains of a node that is [Gone]: its id and who it was.
func Tombstone(n spec.Node) spec.Node {
	return spec.Node{ID: n.ID, Owner: n.Owner, Registered: n.Registered, Deposit: spec.Deposit{State: spec.NodeExited}}
}

// Bond is the deposit of which a task holds what it requires, or as much of that as is
// free, and how much it holds.
func Bond(d spec.Deposit, required uint64) (after spec.Deposit, held uint64) {
	held = min(required, d.Free())
	d.Bonded += held
	return d, held
}

// Unlock is the deposit of which a task gives back what it held.
func Unlock(d spec.Deposit, held uint64) (spec.Deposit, error) {
	if held > d.Bonded {
		return d, fmt.Errorf("tasks hold %d uthing: cannot give %d back", d.Bonded, held)
	}
	d.Bonded -= held
	return d, nil
}

// SlashBase is of what a task may slash a part: what it holds of a node, or would hold
// where it has given that back since.
func SlashBase(task spec.Task, held uint64) uint64 {
	if held > 0 {
		return held
	}
	return task.Bond()
}

// Slashed is the deposit after a part of a base was taken, and how much that was: never
// more than there is, nor than the rules allow in a day that begins with the first
// slash of it. Parts are rounded down.
//
// The stake goes first, of it the owner's own before what was granted, then what is on its
// way out, the newest first: what is soon with its owner left before the other, and is the
// last to be touched. What tasks hold stays what it is: as long as something else is left,
// no task loses its bond for the fault in another.
func Slashed(d spec.Deposit, now int64, base uint64, part spec.PPM, rules spec.StakeRules) (after spec.Deposit, taken uint64) {
	locked := d.Locked()
	if now >= d.Slashing.Ends {
		d.Slashing = spec.SlashPeriod{Ends: now + int64(slashPeriod), Most: share(locked, rules.MaxSlash)}
	}
	taken = min(share(min(base, locked), part), d.Slashing.Most-d.Slashing.Taken)
	d.Slashing.Taken += taken
	rest := taken - min(taken, d.Stake)
	d.Stake -= taken - rest
	d.Granted = min(d.Granted, d.Stake)
	if taken > 0 && d.Stake == 0 {
		d.State = spec.NodeUnbonding
	}
	d.Unbonding = slices.Clone(d.Unbonding)
	for i := len(d.Unbonding) - 1; i >= 0 && rest > 0; i-- {
		u := &d.Unbonding[i]
		loss := min(rest, u.Amount)
		u.Amount -= loss
		rest -= loss
	}
	d.Unbonding = slices.DeleteFunc(d.Unbonding, func(u spec.Unbonding) bool { return u.Amount == 0 })
	return settled(d, rules), taken
}

// share is a part of an amount, at most all of it, rounded down.
func share(of uint64, part spec.PPM) uint64 {
	high, low := bits.Mul64(of, uint64(min(part, spec.One)))
	quotient, _ := bits.Div64(high, low, uint64(spec.One))
	return quotient
}

// Jail is the deposit of a node that is jailed from now on.
func Jail(d spec.Deposit, now int64, rules spec.StakeRules) spec.Deposit {
	d.JailedUntil = max(d.JailedUntil, now+int64(rules.Jail), 1)
	return settled(d, rules)
}

// Unjail is the deposit of a node whose time in jail is over: it is active again.
func Unjail(d spec.Deposit, now int64, rules spec.StakeRules) (spec.Deposit, error) {
	switch {
	case d.State != spec.NodeJailed:
		return d, fmt.Errorf("%w: it is %s, not jailed", ErrNodeState, d.State)
	case now < d.JailedUntil:
		return d, fmt.Errorf("%w: it is jailed for %s more", ErrNodeState, spec.Duration(d.JailedUntil-now))
	}
	if err := within(d, rules); err != nil {
		return d, err
	}
	d.JailedUntil, d.State = 0, spec.NodeActive
	return d, nil
}

// Leave is the deposit of a node whose owner declares a leave: it is selected no more,
// finishes the tasks it serves, and loses nothing.
func Leave(d spec.Deposit) (spec.Deposit, error) {
	if d.State != spec.NodeActive && d.State != spec.NodePending {
		return d, fmt.Errorf("%w: it is %s, and not selected anyway", ErrNodeState, d.State)
	}
	d.State = spec.NodePending
	return d, nil
}

// Return is the deposit of a node that may be selected again.
func Return(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
	if d.State != spec.NodeActive && d.State != spec.NodePending {
		return d, fmt.Errorf("%w: it is %s", ErrNodeState, d.State)
	}
	if err := within(d, rules); err != nil {
		return d, err
	}
	d.State = spec.NodeActive
	return d, nil
}

// CheckDeposit reports the first thing that is wrong with a deposit as a genesis has it.
func CheckDeposit(d spec.Deposit) error {
	var before, locked uint64 = 0, d.Stake
	for _, u := range d.Unbonding {
		switch {
		case u.Amount == 0 || u.Number <= before || u.Number > d.Unbondings:
			return fmt.Errorf("unbonding %d of %d uthing, of %d that there were: want ascending numbers, and none of nothing", u.Number, u.Amount, d.Unbondings)
		case u.Since < 0 || u.Since > u.Due:
			return fmt.Errorf("unbonding %d began at %d and is due at %d: want a time after the beginning", u.Number, u.Since, u.Due)
		case u.Amount > spec.Cap || locked > spec.Cap:
			return fmt.Errorf("%d uthing and %d that leave: there are never so many", locked, u.Amount)
		}
		before, locked = u.Number, locked+u.Amount
	}
	s := d.Slashing
	switch out := d.State == spec.NodeUnbonding || d.State == spec.NodeExited; {
	case out && d.Stake > 0, d.Stake == 0 && !out && (d.State != spec.NodePending || len(d.Unbonding) > 0):
		return fmt.Errorf("%s with a stake of %d uthing, and %d unbondings", d.State, d.Stake, len(d.Unbonding))
	case d.Granted > d.Stake:
		return fmt.Errorf("%d uthing of a stake of %d were granted", d.Granted, d.Stake)
	case d.Removed && d.State != spec.NodeUnbonding:
		return fmt.Errorf("%s, and a vote has removed it", d.State)
	case d.State == spec.NodeJailed && d.JailedUntil <= 0, d.State == spec.NodeActive && d.JailedUntil != 0:
		return fmt.Errorf("%s, and jailed until %d", d.State, d.JailedUntil)
	case len(d.Unbonding) > maxUnbondings:
		return fmt.Errorf("%d unbondings are under way: want at most %d", len(d.Unbonding), maxUnbondings)
	case locked > spec.Cap || d.Bonded > spec.Cap:
		return fmt.Errorf("%d uthing, of which tasks hold %d: there are never so many", locked, d.Bonded)
	case s.Taken > s.Most:
		return fmt.Errorf("%d uthing were slashed where %d may be", s.Taken, s.Most)
	}
	return nil
}

// settled is the deposit in the state that its money makes. A stake of nothing is that of
// a node that applies or is on its way out, and makes neither of them the other.
func settled(d spec.Deposit, rules spec.StakeRules) spec.Deposit {
	switch {
	case d.State == spec.NodeExited, d.Stake == 0:
	case d.JailedUntil > 0:
		d.State = spec.NodeJailed
	case d.State != spec.NodeActive || within(d, rules) != nil:
		d.State = spec.NodePending
	}
	return d
}
