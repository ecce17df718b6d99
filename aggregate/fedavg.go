package aggregate

// FedAvg is the weighted mean of updates. Added to the model, w <- w + u with
// u = sum_k n_k u_k / sum_k n_k, it is the weighted mean of local models (McMahan et
// al. 2017, algorithm 1, w <- sum_k n_k/n w_k), because u_k = w_k - w.
type FedAvg struct{}

var _ Rule = FedAvg{}

// Combine implements [Rule].
func (FedAvg) Combine(count int, scaleBits uint32, sources []Source) (Update, error) {
	return weightedMean(count, scaleBits, sources, func(s Source) uint64 { return s.Weight })
}
