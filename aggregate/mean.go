package aggregate

// Mean is the plain mean: every update counts the same, whatever its weight.
type Mean struct{}

var _ Rule = Mean{}

// Aggregate implements [Rule].
func (Mean) Aggregate(global []float32, scaleBits uint32, sources []Source) ([]float32, error) {
	return weightedMean(global, scaleBits, sources, func(Source) uint64 { return 1 })
}
