package spec

import (
	"fmt"
	"slices"
)

// Capability is a kind of work that a node accepts, named by a free word such as "tabular",
// "images" or "text", and the resources that one task of that kind needs.
type Capability struct {
	Kind  string    `json:"kind"`
	Needs Resources `json:"needs,omitzero"`
}

// MaxCapabilities is the most kinds of work that a node may list.
const MaxCapabilities = 16

// Capability finds a kind of work in the profile; not ok if the node does not accept it.
func (p Profile) Capability(kind string) (c Capability, ok bool) {
	i := slices.IndexFunc(p.Capabilities, func(c Capability) bool { return c.Kind == kind })
	if i < 0 {
		return Capability{}, false
	}
	return p.Capabilities[i], true
}

// validateCapabilities wants each kind once, with needs that the node's resources cover.
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

// Kind is the kind of work under which the accuracy of a task counts: the capability that
// the task names, else its data set.
func (t TaskSpec) Kind() string {
	if t.Selection.Capability != "" {
		return t.Selection.Capability
	}
	return t.Data.Name
}
