package sim

import "errors"

// Alarm is a node's [role.Alarm] in memory. It survives a crash of the node, as a file in
// a home folder does.
type Alarm struct{ Wrong string }

// Raise implements [role.Alarm].
func (a *Alarm) Raise(wrong string) error {
	a.Wrong = wrong
	return nil
}

// Raised implements [role.Alarm].
func (a *Alarm) Raised() error {
	if a.Wrong == "" {
		return nil
	}
	return errors.New("privacy error: " + a.Wrong)
}
