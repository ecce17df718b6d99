package aggregate

// None adds the combined update to the weights and remembers nothing:
//
//	w <- w + u
//
// Its sum is a float64, rounded to a float32 at the end. No weight becomes
// infinite: an update is below 2^63, which is less than half a step at the largest
// float32.
type None struct{}

var _ Optimiser = None{}

// Moments implements [Optimiser].
func (None) Moments() []string { return nil }

// Step implements [Optimiser].
func (None) Step(weights []float32, update Update, moments [][]float32) ([]float32, [][]float32, error) {
	if _, err := begin(weights, update, moments); err != nil {
		return nil, nil, err
	}
	next := make([]float32, len(weights))
	for i, w := range weights {
		next[i] = float32(float64(float64(w) + update.Float64(i)))
	}
	return next, nil, nil
}
