package sim

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// CheckInvariants returns every violation of these rules, which hold after every input and
// every block: all money together is what [Chain.Fund] gave; the escrow is what tasks have
// not paid; the bonds and the parts of each node are those that tasks hold.
func (c *Chain) CheckInvariants() error {
	var wrong []error
	say := func(format string, words ...any) { wrong = append(wrong, fmt.Errorf(format, words...)) }

	money, locked := c.escrow+c.burned, map[uint64]engagement{}
	for _, has := range c.balances {
		money += has
	}
	for at, has := range c.parts {
		of := locked[at.of]
		locked[at.of] = engagement{of.parts + has.parts, of.bond + has.bond}
	}
	for _, n := range c.nodes {
		money += n.Locked()
		if has := locked[n.ID]; int64(n.Busy) != int64(has.parts) || n.Bonded != has.bond {
			say("node %d has %d parts and a bond of %d uthing: tasks hold %d parts and %d uthing", n.ID, n.Busy, n.Bonded, has.parts, has.bond)
		}
		if n.Reputation > spec.One {
			say("node %d has a reputation of %d ppm", n.ID, n.Reputation)
		}
		if err := round.CheckDeposit(n.Deposit); err != nil {
			say("node %d: %w", n.ID, err)
		}
	}
	if money != c.funded {
		say("%d uthing exist: want %d, which accounts were given", money, c.funded)
	}

	escrow, parts := uint64(0), 0
	for _, s := range c.tasks {
		escrow += round.EscrowLeft(s.Task)
		switch {
		case !s.Task.State.Final():
			parts += len(s.EngagedNodes())
		case round.EscrowLeft(s.Task) > 0:
			say("task %d is closed and still holds %d uthing", s.Task.ID, round.EscrowLeft(s.Task))
		}
	}
	for _, has := range c.parts {
		parts -= has.parts
	}
	if escrow != c.escrow {
		say("the escrow holds %d uthing: want %d, which tasks have not paid", c.escrow, escrow)
	}
	if parts != 0 {
		say("nodes have %d parts more in open tasks than the chain has recorded", parts)
	}
	return errors.Join(wrong...)
}
