package process

// What the tests of this package look at.
var (
	Parentage    = parentage
	Descendants  = descendants
	Proportional = proportional
	Alive        = alive
)

// Family are the ids of the processes of a group and of all that they have started.
func (g *Group) Family() []int { return family(g.members) }
