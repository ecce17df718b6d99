package aggregate

// FedYogi moves the second moment towards the square s of an update, by a hundredth
// of that square: v <- v - 0.01 s sign(v - s), in the step of [adaptive] (Reddi et
// al. 2021, algorithm 2).
type FedYogi struct{ Rate, Momentum, Tau float32 }

var _ Optimiser = FedYogi{}

// Moments implements [Optimiser].
func (FedYogi) Moments() []string { return adaptiveMoments() }

// Step implements [Optimiser].
func (o FedYogi) Step(weights, update []float32, moments [][]float32) ([]float32, [][]float32, error) {
	return adaptive(o.Rate, o.Momentum, o.Tau, o.second, weights, update, moments)
}

func (FedYogi) second(v, square float32) float32 {
	move := float32(fresh * square)
	switch {
	case v > square:
		return float32(v - move)
	case v < square:
		return float32(v + move)
	}
	return v
}
