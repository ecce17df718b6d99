package aggregate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/spec"
)

func TestWeights(t *testing.T) {
	const largest = 1<<32 - 1
	for _, test := range []struct {
		name      string
		claims    []uint32
		maxWeight uint32
		want      []uint64
	}{
		{"none", nil, 0, []uint64{}},
		{"below the limit", []uint32{3, 1, 2}, 10, []uint64{3, 1, 2}},
		{"above the limit", []uint32{3, 100, 2}, 10, []uint64{3, 10, 2}},
		{"a claim of nothing", []uint32{0, 5}, 10, []uint64{1, 5}},
		{"twice the median", []uint32{100, 7, 1000, 5, 6}, 0, []uint64{14, 7, 14, 5, 6}},
		{"twice the lower median", []uint32{4, 100, 3, 1000}, 0, []uint64{4, 8, 3, 8}},
		{"a median of nothing", []uint32{0, 0, 9}, 0, []uint64{1, 1, 1}},
		{"alone", []uint32{9}, 0, []uint64{9}},
		{"halved to fit", []uint32{1 << 31, 1 << 31, 4, 1}, 1 << 31, []uint64{1 << 30, 1 << 30, 2, 1}},
		{"largest alone", []uint32{largest}, 0, []uint64{largest}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := aggregate.Weights(test.claims, test.maxWeight)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("weights of %d (-want +got):\n%s", test.claims, diff)
			}
		})
	}
}

// TestWeightsOfTheLargestRound: in the largest possible round equal claims have equal weights.
func TestWeightsOfTheLargestRound(t *testing.T) {
	claims := make([]uint32, spec.MaxTrainers)
	for i := range claims {
		claims[i] = spec.MaxSamples
	}
	var sum uint64
	weights := aggregate.Weights(claims, 0)
	for i, w := range weights {
		if w != weights[0] || w < 1<<19 {
			t.Fatalf("weight %d is %d, weight 0 is %d", i, w, weights[0])
		}
		sum += w
	}
	if sum >= 1<<32 {
		t.Errorf("the weights add up to %d: want less than 2^32", sum)
	}
}

// TestWeightsAlwaysFit: for any claims the sum of the weights fits 32 bits, and no weight is
// 0.
func TestWeightsAlwaysFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		claims := rapid.SliceOfN(rapid.Uint32(), 1, spec.MaxTrainers).Draw(t, "claims")
		weights := aggregate.Weights(claims, rapid.Uint32().Draw(t, "max"))
		var sum uint64
		for i, w := range weights {
			if w == 0 || w > max(1, uint64(claims[i])) {
				t.Fatalf("a claim of %d weighs %d", claims[i], w)
			}
			sum += w
		}
		if len(weights) != len(claims) || sum >= 1<<32 {
			t.Fatalf("%d weights with a sum of %d", len(weights), sum)
		}
	})
}
