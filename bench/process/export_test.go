package process

// Functions that the tests of this package use.
var (
	Parentage    = parentage
	Descendants  = descendants
	Proportional = proportional
	Alive        = alive
)

// Family are the ids of the processes of a group and of all their descendants.
func (g *Group) Family() []int { return family(g.members) }
