package terms

import (
	"fmt"
	"math/big"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// summed is how a task in the mode central releases the sum of a round's updates: of each
// honest trainer's share of the noise, [spec.TaskSpec.NoiseShares] make the whole that is
// counted here. Nothing is sampled.
func summed(t spec.TaskSpec, clip uint64) (cost.Release, error) {
	values, err := t.Model.Parameters()
	if err != nil {
		return cost.Release{}, err
	}
	if t.NoiseShares() == 0 {
		return cost.Release{}, fmt.Errorf("of %d trainers %d may collude: nobody is left to add noise", t.Selection.MinTrainers, t.Privacy.Corrupt)
	}
	r := cost.Release{Unit: cost.Example}
	if t.Privacy.Unit == spec.UnitClient {
		r.Unit = cost.Client
	}
	scale := Scale(t)
	switch t.Privacy.Kind {
	case spec.KindGaussian:
		r.Noise = cost.Skellam{Variance: cost.Fraction{Num: scale.Num * scale.Num / (scale.Den * scale.Den), Den: 1}}
		r.Norm = cost.Norm{L1: magnitudes(clip*clip, values), L2Squared: clip * clip}
	case spec.KindLaplace:
		r.Noise = cost.Laplace{Rate: cost.Fraction{Num: scale.Den, Den: scale.Num}}
		r.Norm = cost.Norm{L1: clip}
	default:
		return cost.Release{}, fmt.Errorf("noise of the kind %q is not known", t.Privacy.Kind)
	}
	return r, r.Validate()
}

// magnitudes is the largest L1 norm of so many integers whose squares add up to at most
// limit: the root of values times limit (Cauchy and Schwarz), and limit itself where that
// is less, because no integer is larger than its square.
func magnitudes(limit, values uint64) uint64 {
	root := new(big.Int).SetUint64(limit)
	root.Sqrt(root.Mul(root, new(big.Int).SetUint64(values)))
	if root.IsUint64() {
		return min(root.Uint64(), limit)
	}
	return limit
}
