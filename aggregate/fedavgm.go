package aggregate

import "iter"

// FedAvgM adds a decaying sum of updates (Hsu, Qi and Brown 2019, "Measuring the
// effects of non-identical data distribution", section 4.3), u being the update
// of a round and v zero before the first:
//
//	v <- momentum v + u
//	w <- w + rate v
type FedAvgM struct{ Rate, Momentum float32 }

var _ Optimiser = FedAvgM{}

// Moments implements [Optimiser].
func (FedAvgM) Moments() []string { return []string{"momentum"} }

// Step implements [Optimiser].
func (o FedAvgM) Step(weights []float32, update Update, moments [][]float32) ([]float32, [][]float32, error) {
	moments, err := begin(weights, update, moments, 0)
	if err != nil {
		return nil, nil, err
	}
	v, next := moments[0], make([]float32, len(weights))
	spread(len(weights), func(blocks iter.Seq2[int, int]) {
		for from, to := range blocks {
			for i := from; i < to; i++ {
				v[i] = float32(float32(o.Momentum*v[i]) + update.Float32(i))
				next[i] = float32(weights[i] + float32(o.Rate*v[i]))
			}
		}
	})
	return end(next, moments)
}
