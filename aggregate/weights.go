package aggregate

import "slices"

// Weights turns the numbers of samples that trainers claim into weights: min(claim,
// maxWeight), but at least 1, in the order of claims. A maxWeight of 0 stands for twice the
// lower median of the claims, so that fewer than half of the trainers cannot dominate the
// round with large claims. If the sum of weights exceeds what [FedAvg] can add exactly, all
// weights are halved, rounding down, until it does not.
func Weights(claims []uint32, maxWeight uint32) []uint64 {
	limit := uint64(maxWeight)
	if limit == 0 {
		limit = 2 * uint64(lowerMedian(claims))
	}
	weights := make([]uint64, len(claims))
	for i, claim := range claims {
		weights[i] = max(1, min(uint64(claim), limit))
	}
	for total(weights) > maxTotal && slices.Max(weights) > 1 {
		for i := range weights {
			weights[i] = max(1, weights[i]/2)
		}
	}
	return weights
}

func lowerMedian(claims []uint32) uint32 {
	if len(claims) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(claims))
	return sorted[(len(sorted)-1)/2]
}

func total(weights []uint64) (sum uint64) {
	for _, w := range weights {
		sum += w
	}
	return sum
}
