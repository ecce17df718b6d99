package aggregate

// Update is the combination of the updates of a round. Its value i is exactly
// Sum[i]/Divisor: nothing is rounded before an [Optimiser] reads it.
//
// A [Rule] returns a Divisor of 1 to 2^62 and sums of at most 2^62 in magnitude. So noise for
// privacy, as integers below 2^62 in magnitude, may be added to Sum without overflow. A caller
// that knows only a sum, such as the sum of sealed updates, makes an Update without a rule.
type Update struct {
	Sum     []int64 // one for each weight of the model
	Divisor uint64  // not 0; includes the scale of the fixed point
}

// Float64 is value i. The bits are the same on every machine: the two conversions
// and the division are each rounded once, to nearest even, as IEEE 754 defines
// them. A sum beyond 2^53 rounds when it becomes a float64.
func (u Update) Float64(i int) float64 {
	return float64(float64(u.Sum[i]) / float64(u.Divisor))
}

// Float32 is [Update.Float64], rounded once more to nearest even.
func (u Update) Float32(i int) float32 { return float32(u.Float64(i)) }
