package aggregate

// Mean is the plain mean: every update counts the same, whatever its weight.
type Mean struct{}

var _ Rule = Mean{}

// Combine implements [Rule].
func (Mean) Combine(count int, scaleBits uint32, sources []Source) (Update, error) {
	return weightedMean(count, scaleBits, sources, func(Source) uint64 { return 1 })
}
