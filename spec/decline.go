package spec

// Decline is the reason why a trainer declines to train in a round. Package pb knows its
// number on the wire.
type Decline string

// The reasons to decline.
const (
	DeclineDiverged  Decline = "diverged"  // training gave NaN, infinity or a value too large for an update
	DeclineRows      Decline = "rows"      // the trainer's rows do not fit the model or the data of the task
	DeclineResources Decline = "resources" // the trainer lacks memory, disk space or time
	DeclinePolicy    Decline = "policy"    // the policy of the trainer's owner refuses the task
	DeclinePrivate   Decline = "private"   // the task is private, and a reason would reveal something of the rows
)

// Declines lists the reasons to decline.
func Declines() []Decline {
	return []Decline{DeclineDiverged, DeclineRows, DeclineResources, DeclinePolicy, DeclinePrivate}
}

// Why is the reason in words. The chain stores it, so the words may not change.
func (d Decline) Why() string {
	switch d {
	case DeclineDiverged:
		return "training diverged"
	case DeclineRows:
		return "its rows do not fit the task"
	case DeclineResources:
		return "it lacks memory, disk or time"
	case DeclinePolicy:
		return "its policy refuses the task"
	case DeclinePrivate:
		return "a private task, so no cause is told"
	}
	return "unknown cause"
}

// UnmarshalText implements [encoding.TextUnmarshaler]. It refuses a word that is no
// reason.
func (d *Decline) UnmarshalText(text []byte) error {
	return readWord("cause to decline", Declines(), d, text)
}
