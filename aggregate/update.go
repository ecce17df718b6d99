package aggregate

// Update is what the updates of a round combine to: value i is exactly
// Sum[i]/Divisor, and nothing is rounded before an [Optimiser] reads it.
//
// What a [Rule] returns has a Divisor of 1 to 2^62 and sums of at most 2^62 in
// magnitude. So integers below 2^62 in magnitude, noise for privacy, may be added
// to Sum before anything is divided. Whoever knows only a sum, as that of sealed
// updates, makes an Update of it without a rule.
type Update struct {
	Sum     []int64 // one for each weight of the model
	Divisor uint64  // not 0; the scale of fixed point is a part of it
}

// Float64 is value i. The bits are the same on every machine: the two conversions
// and the division are each rounded once, to nearest even, as IEEE 754 defines
// them. A sum beyond 2^53 rounds when it becomes a float64.
func (u Update) Float64(i int) float64 {
	return float64(float64(u.Sum[i]) / float64(u.Divisor))
}

// Float32 is [Update.Float64], rounded once more to nearest even.
func (u Update) Float32(i int) float32 { return float32(u.Float64(i)) }
