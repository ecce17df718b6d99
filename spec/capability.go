package spec

import (
	"fmt"
	"slices"
)

// Capability is a kind of work that a node takes on, in a free word such as "tabular",
// "images" or "text", and what one task of that kind takes of the node's resources.
type Capability struct {
	Kind  string    `json:"kind"`
	Needs Resources `json:"needs,omitzero"`
}

// MaxCapabilities is how many kinds of work a node lists at most.
const MaxCapabilities = 16

// Capability is what a node says of a kind of work, if it takes it on.
func (p Profile) Capability(kind string) (c Capability, takes bool) {
	i := slices.IndexFunc(p.Capabilities, func(c Capability) bool { return c.Kind == kind })
	if i < 0 {
		return Capability{}, false
	}
	return p.Capabilities[i], true
}

// validateCapabilities wants each kind once, and no more of a node than it offers.
func (p Profile) validateCapabilities() error {
	if len(p.Capabilities) > MaxCapabilities {
		return fmt.Errorf("%d capabilities: want at most %d", len(p.Capabilities), MaxCapabilities)
	}
	for i, c := range p.Capabilities {
		switch {
		case !printable(c.Kind):
			return fmt.Errorf("capability %.64q: want 1 to %d bytes of printable text", c.Kind, maxName)
		case slices.ContainsFunc(p.Capabilities[:i], func(other Capability) bool { return other.Kind == c.Kind }):
			return fmt.Errorf("capability %q is listed twice", c.Kind)
		case !p.Resources.Covers(c.Needs):
			return fmt.Errorf("capability %q needs more than the node's resources", c.Kind)
		}
	}
	return nil
}

// Kind is the kind of work under which a task is measured: the capability that it names,
// else its data set.
func (t TaskSpec) Kind() string {
	if t.Selection.Capability != "" {
		return t.Selection.Capability
	}
	return t.Data.Name
}
