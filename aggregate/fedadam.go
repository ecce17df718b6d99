package aggregate

// FedAdam keeps a decaying mean of squares, v <- 0.99 v + 0.01 u^2, in the step of
// [adaptive] (Reddi et al. 2021, algorithm 2).
type FedAdam struct{ Rate, Momentum, Tau float32 }

var _ Optimiser = FedAdam{}

// Moments implements [Optimiser].
func (FedAdam) Moments() []string { return adaptiveMoments() }

// Step implements [Optimiser].
func (o FedAdam) Step(weights, update []float32, moments [][]float32) ([]float32, [][]float32, error) {
	return adaptive(o.Rate, o.Momentum, o.Tau, o.second, weights, update, moments)
}

func (FedAdam) second(v, square float32) float32 {
	return float32(float32(decay*v) + float32(fresh*square))
}
