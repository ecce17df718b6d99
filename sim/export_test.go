package sim

// Spoilers make a chain unsound, one each, by what they do to it.
func Spoilers(c *Chain) map[string]func() {
	return map[string]func(){
		"money out of nothing":        func() { c.balances["consumer"]++ },
		"a slash that burns nothing":  func() { c.nodes[0].Stake-- },
		"an escrow that is spent":     func() { c.escrow--; c.burned++ },
		"a bond that no task holds":   func() { c.nodes[0].Bonded++ },
		"a part that no task has":     func() { c.nodes[0].Busy++ },
		"a part that nobody gave":     func() { delete(c.parts, place{1, 1}) },
		"a state that money does not": func() { c.nodes[0].State = "exited" },
	}
}
