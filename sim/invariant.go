package sim

import (
	"errors"
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Sound reports everything that does not add up: the money there is with all money that
// was given, the escrow with what tasks have not paid, the bonds and the parts of nodes
// with those of their tasks. It is nil after every input and every block.
func (c *Chain) Sound() error {
	var wrong []error
	say := func(format string, words ...any) { wrong = append(wrong, fmt.Errorf(format, words...)) }

	money, locked := c.escrow+c.burned, map[uint64]held{}
	for _, has := range c.balances {
		money += has
	}
	for at, has := range c.parts {
		of := locked[at.of]
		locked[at.of] = held{of.parts + has.parts, of.bond + has.bond}
	}
	for _, n := range c.nodes {
		money += n.Locked()
		if has := locked[n.ID]; int64(n.Busy) != int64(has.parts) || n.Bonded != has.bond {
			say("node %d has %d parts and bonds of %d uthing: tasks have %d and %d", n.ID, n.Busy, n.Bonded, has.parts, has.bond)
		}
		if n.Reputation > spec.One {
			say("node %d has a reputation of %d ppm", n.ID, n.Reputation)
		}
		if err := round.CheckDeposit(n.Deposit); err != nil {
			say("node %d: %w", n.ID, err)
		}
	}
	if money != c.funded {
		say("%d uthing were given, and there are %d", c.funded, money)
	}

	escrow, parts := uint64(0), 0
	for _, s := range c.tasks {
		escrow += round.EscrowLeft(s.Task)
		switch {
		case !s.Task.State.Final():
			parts += len(s.EngagedNodes())
		case round.EscrowLeft(s.Task) > 0:
			say("task %d is closed and holds %d uthing", s.Task.ID, round.EscrowLeft(s.Task))
		}
	}
	for _, has := range c.parts {
		parts -= has.parts
	}
	if escrow != c.escrow {
		say("the escrow holds %d uthing, and tasks have not paid %d", c.escrow, escrow)
	}
	if parts != 0 {
		say("tasks ask for %d parts more than are kept", parts)
	}
	return errors.Join(wrong...)
}
