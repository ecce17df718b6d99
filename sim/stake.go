package sim

import (
	"fmt"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// engagement is how many parts a node has in one task, and the stake that is locked for it.
type engagement struct {
	parts int
	bond  uint64 // uthing, of the node's stake
}

// Burned is what was slashed so far, in uthing.
func (c *Chain) Burned() uint64 { return c.burned }

// AddStake locks more of the owner's balance as stake of a node.
func (c *Chain) AddStake(node, uthing uint64) error {
	n, ok := c.Node(node)
	if !ok || n.State == spec.NodeExited || c.balances[n.Owner] < uthing {
		return fmt.Errorf("node %d: cannot add a stake of %d uthing: its owner has %d", node, uthing, c.balances[n.Owner])
	}
	err := c.changeDeposit(node, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		return round.AddStake(d, uthing, rules)
	})
	if err == nil {
		c.balances[n.Owner] -= uthing
	}
	return err
}

// Unbond begins to give back a part of a node's stake.
func (c *Chain) Unbond(node, uthing uint64) error {
	return c.changeDeposit(node, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		return round.Unbond(d, uthing, c.clock.Block, rules)
	})
}

// CancelUnbond cancels one unbonding.
func (c *Chain) CancelUnbond(node, number uint64) error {
	return c.changeDeposit(node, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		return round.CancelUnbond(d, number, rules)
	})
}

// Exit begins to give back the whole stake of a node that serves no task.
func (c *Chain) Exit(node uint64) error {
	n, ok := c.Node(node)
	if !ok || n.Busy > 0 {
		return fmt.Errorf("node %d cannot exit: exists: %t, busy with %d tasks", node, ok, n.Busy)
	}
	return c.changeDeposit(node, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		after, _, err := round.Exit(d, c.clock.Block, rules) // no stake here is granted by a vote
		return after, err
	})
}

// Unjail makes a node active again whose time in jail is over.
func (c *Chain) Unjail(node uint64) error {
	return c.changeDeposit(node, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		return round.Unjail(d, c.clock.Block, rules)
	})
}

// SetActive sets whether a node may be selected. An inactive node still finishes the
// tasks that it serves.
func (c *Chain) SetActive(node uint64, active bool) error {
	return c.changeDeposit(node, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		if active {
			return round.Return(d, rules)
		}
		return round.Leave(d)
	})
}

// Slash burns a part of a node's bond in a task, as a round of the task may do.
func (c *Chain) Slash(task, node uint64, part spec.PPM, jail bool) (burned uint64, err error) {
	s, err := c.state(task)
	if err != nil {
		return 0, err
	}
	return world{c}.Slash(s.Task, node, part, "slashed by hand", jail)
}

// changeDeposit changes the deposit of a node that has not exited.
func (c *Chain) changeDeposit(node uint64, change func(spec.Deposit, spec.StakeRules) (spec.Deposit, error)) error {
	n, ok := c.Node(node)
	if !ok || n.State == spec.NodeExited {
		return fmt.Errorf("node %d does not exist or has exited", node)
	}
	next, err := change(n.Deposit, c.Rules.ForRoles(n.Profile.Roles))
	if err != nil {
		return fmt.Errorf("node %d: %w", node, err)
	}
	c.changeNode(node, func(n *spec.Node) { n.Deposit = next })
	return nil
}

// changeNode changes a node and records how to revert that.
func (c *Chain) changeNode(node uint64, change func(*spec.Node)) {
	before := c.nodes[node-1]
	c.undo = append(c.undo, func() { c.nodes[node-1] = before })
	change(&c.nodes[node-1])
}

// payMatured pays unbonded stake whose time is over to its owners, and removes nodes that
// have nothing left.
func (c *Chain) payMatured() {
	for i, n := range c.nodes {
		d, returned := round.Mature(n.Deposit, c.clock.Block, nil)
		c.nodes[i].Deposit = d
		c.balances[n.Owner] += returned
		c.buryIfGone(n.ID)
	}
}

// buryIfGone replaces a node by its tombstone if nothing keeps it any more.
func (c *Chain) buryIfGone(node uint64) {
	if n := c.nodes[node-1]; round.Gone(n) {
		c.changeNode(node, func(n *spec.Node) { *n = round.Tombstone(*n) })
	}
}

// Engage implements [round.World].
func (w world) Engage(task spec.Task, node uint64, delta int) error {
	at := key{task.ID, node}
	before := w.parts[at]
	if before.parts+delta < 0 {
		return fmt.Errorf("node %d has %d parts in task %d: cannot give %d back", node, before.parts, task.ID, -delta)
	}
	after := engagement{before.parts + delta, before.bond}
	err := w.changeDeposit(node, func(d spec.Deposit, _ spec.StakeRules) (_ spec.Deposit, err error) {
		switch {
		case before.parts == 0:
			d, after.bond = round.Bond(d, task.Bond())
		case after.parts == 0:
			d, err = round.Unlock(d, before.bond)
		}
		return d, err
	})
	if err != nil {
		return err
	}
	w.undo = append(w.undo, func() { w.setParts(at, before) })
	w.setParts(at, after)
	if err := w.changeStanding(node, func(s spec.Standing) (spec.Standing, error) { return round.Occupy(s, delta) }); err != nil {
		return err
	}
	w.buryIfGone(node)
	return nil
}

func (c *Chain) setParts(at key, has engagement) {
	if delete(c.parts, at); has.parts > 0 {
		c.parts[at] = has
	}
}

// Slash implements [round.World].
func (w world) Slash(task spec.Task, node uint64, part spec.PPM, _ string, jail bool) (burned uint64, err error) {
	if n, _ := w.Node(node); n.State == spec.NodeExited {
		return 0, nil
	}
	base := round.SlashBase(task, w.parts[key{task.ID, node}].bond)
	err = w.changeDeposit(node, func(d spec.Deposit, rules spec.StakeRules) (spec.Deposit, error) {
		d, burned = round.Slashed(d, w.clock.Block, base, part, rules)
		if jail {
			d = round.Jail(d, w.clock.Block, rules)
		}
		return d, nil
	})
	if err == nil {
		w.undo = append(w.undo, func() { w.burned -= burned })
		w.burned += burned
	}
	return burned, err
}
