package aggregate

// FedAdagrad adds up squares, v <- v + u^2, in the step of [adaptive] (Reddi et al. 2021, algorithm 2).
type FedAdagrad struct{ Rate, Momentum, Tau float32 }

var _ Optimiser = FedAdagrad{}

// Moments implements [Optimiser].
func (FedAdagrad) Moments() []string { return adaptiveMoments() }

// Step implements [Optimiser].
func (o FedAdagrad) Step(weights, update []float32, moments [][]float32) ([]float32, [][]float32, error) {
	return adaptive(o.Rate, o.Momentum, o.Tau, o.second, weights, update, moments)
}

func (FedAdagrad) second(v, square float32) float32 {
	return float32(v + square)
}
