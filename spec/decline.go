package spec

// Decline is why a trainer declines to train in a round: a word, whose number on the wire
// is pb's.
type Decline string

// Why a trainer declines.
const (
	DeclineDiverged  Decline = "diverged"  // training gave something that is no number, or too large for an update
	DeclineRows      Decline = "rows"      // its rows do not fit the model or the data that the task asks for
	DeclineResources Decline = "resources" // it lacks memory, disk or time
	DeclinePolicy    Decline = "policy"    // its owner wants no part in tasks of this kind
	DeclinePrivate   Decline = "private"   // the task is private, and a cause would tell something of rows
)

// Declines lists the words of [Decline].
func Declines() []Decline {
	return []Decline{DeclineDiverged, DeclineRows, DeclineResources, DeclinePolicy, DeclinePrivate}
}

// Why says the cause in words.
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
// cause.
func (d *Decline) UnmarshalText(text []byte) error {
	return readWord("cause to decline", Declines(), d, text)
}
