package sim

// Violations are functions by name, each of which breaks one invariant of the chain.
func Violations(c *Chain) map[string]func() {
	return map[string]func(){
		"money is created":                       func() { c.balances["consumer"]++ },
		"stake is lost and not burned":           func() { c.nodes[0].Stake-- },
		"escrow is burned":                       func() { c.escrow--; c.burned++ },
		"a node has a bond that no task holds":   func() { c.nodes[0].Bonded++ },
		"a node is busy without a task":          func() { c.nodes[0].Busy++ },
		"a task loses the part of a node":        func() { delete(c.parts, key{1, 1}) },
		"a node with a stake is in state exited": func() { c.nodes[0].State = "exited" },
	}
}
