package round

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/althing-network/althing/spec"
)

const (
	// maxUnbondings is the most unbondings of one node at a time.
	maxUnbondings = 7
	// slashPeriod is the period of block time to which StakeRules.MaxSlash applies.
	slashPeriod = 24 * spec.Hour
)

// Why a change of a deposit is refused. All times of deposits are block times, in
// milliseconds since 1970.
var (
	// ErrStake means that a stake is outside the bounds of the network.
	ErrStake = errors.New("stake out of bounds")
	// ErrNodeState means that the state of the node does not allow the change.
	ErrNodeState = errors.New("node is in another state")
	// ErrUnbonding means that an unbonding does not exist, or would be one too many.
	ErrUnbonding = errors.New("no such unbonding, or too many of them")

	errRemoved    = fmt.Errorf("%w: a vote has removed it", ErrNodeState)
	errUnbondings = fmt.Errorf("%w: want at most %d under way", ErrUnbonding, maxUnbondings)
)

// DefaultStakeRules are the rules of a network that sets no others: the same bounds for every
// role.
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

// atLeast refuses a stake that is too small for one of the roles, and names the role with the
// highest minimum.
func atLeast(stake uint64, rules spec.StakeRules) error {
	var want spec.StakeBounds
	for _, b := range rules.Bounds {
		if b.Min > want.Min {
			want = b
		}
	}
	if stake < want.Min {
		return fmt.Errorf("%w: %s: want at least %s for the role %s", ErrStake, spec.Money(stake), spec.Money(want.Min), want.Role)
	}
	return nil
}

// atMost refuses an amount with which more would be locked than one of the roles allows, and
// names the role with the lowest maximum.
func atMost(locked, amount uint64, rules spec.StakeRules) error {
	var want spec.StakeBounds
	for _, b := range rules.Bounds {
		if want.Role == 0 || b.Max < want.Max {
			want = b
		}
	}
	if want.Role != 0 && (locked > want.Max || amount > want.Max-locked) {
		return fmt.Errorf("%w: %s in addition to %s that are locked: want at most %s in all for the role %s", ErrStake, spec.Money(amount), spec.Money(locked), spec.Money(want.Max), want.Role)
	}
	return nil
}

// CheckStake refuses the deposit of an active node if it is outside the bounds of the node's
// roles. The deposit of any other node is checked when the node becomes active.
func CheckStake(d spec.Deposit, rules spec.StakeRules) error {
	if !d.Selectable() {
		return nil
	}
	return within(d, rules)
}

// within refuses a deposit with which a node cannot be active in its roles.
func within(d spec.Deposit, rules spec.StakeRules) error {
	if err := atLeast(d.Stake, rules); err != nil {
		return err
	}
	return atMost(d.Locked()-d.Stake, d.Stake, rules)
}

// In the functions below, rules are those for the roles of the node, see
// [spec.StakeRules.ForRoles].

// NewDeposit is the deposit of a node that registers with a stake. If the stake is below the
// minimum, or 0, the node is an applicant: it is pending until its owner adds stake, or a vote
// grants it.
func NewDeposit(stake uint64, rules spec.StakeRules) (spec.Deposit, error) {
	if stake == 0 {
		return spec.Deposit{State: spec.NodePending}, nil
	}
	return AddStake(spec.Deposit{State: spec.NodeActive}, stake, rules)
}

// AddStake is the deposit with more stake. A node that was pending stays so until it returns,
// see [Return].
func AddStake(d spec.Deposit, amount uint64, rules spec.StakeRules) (spec.Deposit, error) {
	switch {
	case amount == 0:
		return d, fmt.Errorf("%w: want more than 0 THING to add", ErrStake)
	case d.Removed:
		return d, errRemoved
	}
	if err := atMost(d.Locked(), amount, rules); err != nil {
		return d, err
	}
	d.Stake += amount
	return settled(d, rules), nil
}

// Unbond is the deposit after an amount of stake began to unbond, as the newest of Unbonding.
// Only stake that is the owner's own, and that no task holds, can be unbonded.
func Unbond(d spec.Deposit, amount uint64, now int64, rules spec.StakeRules) (spec.Deposit, error) {
	switch {
	case amount == 0:
		return d, fmt.Errorf("%w: want more than 0 THING to unbond", ErrStake)
	case amount > d.FreeStake():
		return d, fmt.Errorf("%w: cannot unbond %s: %s are free, and tasks hold %s of the stake of %s", ErrStake, spec.Money(amount), spec.Money(d.FreeStake()), spec.Money(d.Bonded), spec.Money(d.Stake))
	case amount > d.OwnStake():
		return d, fmt.Errorf("%w: cannot unbond %s: %s are the owner's own, and votes have granted %s of the stake of %s", ErrStake, spec.Money(amount), spec.Money(d.OwnStake()), spec.Money(d.Granted), spec.Money(d.Stake))
	case len(d.Unbonding) >= maxUnbondings:
		return d, errUnbondings
	}
	return settled(unbonded(d, amount, now, rules), rules), nil
}

// unbonded is the deposit after an amount of the owner's own stake began to unbond. If there
// are as many unbondings as are allowed, the amount is added to the newest one, which then
// begins anew. A node whose whole stake unbonds gets the state unbonding.
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

// Grant is the deposit of an applicant after a vote has added an amount to its stake, with
// which the node becomes active.
func Grant(d spec.Deposit, amount uint64, rules spec.StakeRules) (spec.Deposit, error) {
	switch {
	case amount == 0:
		return d, fmt.Errorf("%w: want more than 0 THING to grant", ErrStake)
	case d.State != spec.NodePending:
		return d, fmt.Errorf("%w: it is %s: want a pending node", ErrNodeState, d.State)
	case atLeast(d.Stake, rules) == nil:
		return d, fmt.Errorf("%w: it is on leave, with a stake of %s: want a node whose stake is too small", ErrNodeState, spec.Money(d.Stake))
	}
	if err := atMost(d.Locked(), amount, rules); err != nil {
		return d, err
	}
	if err := atLeast(d.Stake+amount, rules); err != nil {
		return d, err
	}
	d.Stake, d.Granted, d.State = d.Stake+amount, d.Granted+amount, spec.NodeActive
	return settled(d, rules), nil
}

// Exit is the deposit of a node that leaves, even if tasks hold bonds of it: the owner's own
// stake begins to unbond, and the caller must burn the granted stake.
func Exit(d spec.Deposit, now int64, rules spec.StakeRules) (after spec.Deposit, burned uint64, err error) {
	switch {
	case d.State == spec.NodeExited, d.State == spec.NodeUnbonding && len(d.Unbonding) > 0:
		return d, 0, fmt.Errorf("%w: it is %s already", ErrNodeState, d.State)
	case d.OwnStake() > 0 && len(d.Unbonding) >= maxUnbondings:
		return d, 0, errUnbondings
	}
	after, burned = left(d, now, rules)
	return after, burned, nil
}

// Remove is [Exit] by a vote. The owner cannot prevent it, and no unbonding can return to the
// stake. If there are as many unbondings as are allowed, the stake is added to the newest one.
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
	burned, own := d.Granted, d.OwnStake()
	d.Stake, d.Granted, d.State = own, 0, spec.NodeUnbonding
	if own > 0 {
		d = unbonded(d, own, now, rules)
	}
	return d, burned
}

// CancelUnbond is the deposit after one unbonding has returned to the stake.
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

// Mature is the deposit without the unbondings that are due, and their sum. Unbondings for
// which held is true stay, because a vote holds them; a nil held holds none.
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

// Gone reports whether a node that exits has neither money nor a role in a task any more.
func Gone(n spec.Node) bool {
	return n.State == spec.NodeUnbonding && len(n.Unbonding) == 0 && n.Busy == 0
}

// Tombstone is the record that remains of a node that is [Gone]: its id and its owner.
func Tombstone(n spec.Node) spec.Node {
	return spec.Node{ID: n.ID, Owner: n.Owner, Registered: n.Registered, Deposit: spec.Deposit{State: spec.NodeExited}}
}

// Bond is the deposit after a task has taken the bond that it requires, or as much of that as
// is free, and the amount that it has taken.
func Bond(d spec.Deposit, required uint64) (after spec.Deposit, held uint64) {
	held = min(required, d.FreeStake())
	d.Bonded += held
	return d, held
}

// Unlock is the deposit after a task has given a bond back.
func Unlock(d spec.Deposit, held uint64) (spec.Deposit, error) {
	if held > d.Bonded {
		return d, fmt.Errorf("cannot give %d uthing of bond back: tasks hold %d", held, d.Bonded)
	}
	d.Bonded -= held
	return d, nil
}

// SlashBase is the amount of which a slash takes a part: the bond that the task holds of a
// node or, if the task has given that back, the bond that it requires.
func SlashBase(task spec.Task, held uint64) uint64 {
	if held > 0 {
		return held
	}
	return task.Bond()
}

// Slashed is the deposit after a part of a base was slashed, rounded down, and the amount
// taken. It takes no more than is locked, and no more than the rules allow in the day that
// began with the first slash.
//
// It takes from the stake first: the owner's own part, then the granted part. Then it takes
// from unbondings, the newest first, because the oldest began before the others and is due
// soonest. Bonds stay as they are: as long as other stake is left, no task loses its bond for
// a fault in another task.
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

// share is a part of an amount, rounded down, at most all of it.
func share(of uint64, part spec.PPM) uint64 {
	high, low := bits.Mul64(of, uint64(min(part, spec.One)))
	quotient, _ := bits.Div64(high, low, uint64(spec.One))
	return quotient
}

// Jail is the deposit of a node after it was jailed.
func Jail(d spec.Deposit, now int64, rules spec.StakeRules) spec.Deposit {
	d.JailedUntil = max(d.JailedUntil, now+int64(rules.Jail), 1)
	return settled(d, rules)
}

// Unjail is the deposit of a node that leaves jail after its time, and is active again.
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

// Leave is the deposit of a node whose owner declares a leave: the node is not selected for
// new tasks, finishes the tasks that it serves, and loses nothing.
func Leave(d spec.Deposit) (spec.Deposit, error) {
	if d.State != spec.NodeActive && d.State != spec.NodePending {
		return d, fmt.Errorf("%w: it is %s, and is not selected anyway", ErrNodeState, d.State)
	}
	d.State = spec.NodePending
	return d, nil
}

// Return is the deposit of a node that comes back from a leave and may be selected again.
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

// CheckDeposit reports the first mistake in a deposit of a genesis.
func CheckDeposit(d spec.Deposit) error {
	var before, locked uint64 = 0, d.Stake
	for _, u := range d.Unbonding {
		switch {
		case u.Amount == 0 || u.Number <= before || u.Number > d.Unbondings:
			return fmt.Errorf("unbonding %d of %d uthing, with %d unbondings so far: want ascending numbers up to that, and amounts above 0", u.Number, u.Amount, d.Unbondings)
		case u.Since < 0 || u.Since > u.Due:
			return fmt.Errorf("unbonding %d began at %d and is due at %d: want it due after it began", u.Number, u.Since, u.Due)
		case u.Amount > spec.Cap || locked > spec.Cap:
			return fmt.Errorf("%d uthing and an unbonding of %d: want at most %d, the largest supply", locked, u.Amount, spec.Cap)
		}
		before, locked = u.Number, locked+u.Amount
	}
	s := d.Slashing
	switch out := d.State == spec.NodeUnbonding || d.State == spec.NodeExited; {
	case out && d.Stake > 0, d.Stake == 0 && !out && (d.State != spec.NodePending || len(d.Unbonding) > 0):
		return fmt.Errorf("%s with a stake of %d uthing, and %d unbondings", d.State, d.Stake, len(d.Unbonding))
	case d.Granted > d.Stake:
		return fmt.Errorf("%d uthing were granted, but the stake is %d", d.Granted, d.Stake)
	case d.Removed && d.State != spec.NodeUnbonding:
		return fmt.Errorf("%s, but a vote has removed it", d.State)
	case d.State == spec.NodeJailed && d.JailedUntil <= 0, d.State == spec.NodeActive && d.JailedUntil != 0:
		return fmt.Errorf("%s, and jailed until %d", d.State, d.JailedUntil)
	case len(d.Unbonding) > maxUnbondings:
		return fmt.Errorf("%d unbondings are under way: want at most %d", len(d.Unbonding), maxUnbondings)
	case locked > spec.Cap || d.Bonded > spec.Cap:
		return fmt.Errorf("%d uthing, of which tasks hold %d: want at most %d, the largest supply", locked, d.Bonded, spec.Cap)
	case s.Taken > s.Most:
		return fmt.Errorf("%d uthing were slashed: want at most %d", s.Taken, s.Most)
	}
	return nil
}

// settled is the deposit with the state that follows from its amounts. The state of a node
// without stake does not change: it is an applicant, or it is unbonding.
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
