package aggregate

// FedAvg is the weighted mean of local models (McMahan et al. 2017, algorithm 1,
// w <- sum_k n_k/n w_k), written over updates u_k = w_k - w:
//
//	w <- w + sum_k n_k u_k / sum_k n_k
type FedAvg struct{}

var _ Rule = FedAvg{}

// Aggregate implements [Rule].
func (FedAvg) Aggregate(global []float32, scaleBits uint32, sources []Source) ([]float32, error) {
	return weightedMean(global, scaleBits, sources, func(s Source) uint64 { return s.Weight })
}
