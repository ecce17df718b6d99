package spec

import (
	"fmt"
	"strings"
)

// Role is a set of tasks that a node can do, a bit for each. A node may have several roles.
type Role uint8

// The roles of the network.
const (
	DataProvider Role = 1 << iota
	Trainer
	Aggregator
	Evaluator
	Consumer
	allRoles = 1<<iota - 1
)

func roleNames() []string {
	return []string{"data-provider", "trainer", "aggregator", "evaluator", "consumer"}
}

// Roles lists all roles, each as a set of one.
func Roles() (list []Role) {
	for i := range roleNames() {
		list = append(list, 1<<i)
	}
	return list
}

// Has reports whether r includes every role in want.
func (r Role) Has(want Role) bool { return r&want == want }

// Valid reports whether r has at least one role and no unknown one.
func (r Role) Valid() bool { return r != 0 && r&^allRoles == 0 }

// String lists the roles, separated by commas.
func (r Role) String() string {
	var held []string
	for i, name := range roleNames() {
		if r.Has(1 << i) {
			held = append(held, name)
		}
	}
	return strings.Join(held, ",")
}

// ParseRoles reads a comma separated list of roles.
func ParseRoles(s string) (Role, error) {
	var r Role
next:
	for word := range strings.SplitSeq(s, ",") {
		for i, name := range roleNames() {
			if strings.TrimSpace(word) == name {
				r |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("unknown role %q: want some of %s", word, strings.Join(roleNames(), ", "))
	}
	return r, nil
}

// MarshalText implements [encoding.TextMarshaler].
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRoles(string(text))
	return err
}
