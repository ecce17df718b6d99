package terms

import (
	"fmt"
	"math/big"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// centralRelease is the release of the sum of a round's updates by a task in the mode
// central. The counted noise is the sum of the shares of [spec.TaskSpec.NoiseShares] trainers.
// There is no sampling.
func centralRelease(t spec.TaskSpec, clip uint64) (cost.Release, error) {
	values, err := t.Model.Parameters()
	if err != nil {
		return cost.Release{}, err
	}
	if t.NoiseShares() == 0 {
		return cost.Release{}, fmt.Errorf("%d of %d trainers may collude: want at least 1 that does not and adds noise", t.Privacy.Corrupt, t.Selection.MinTrainers)
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
		return cost.Release{}, fmt.Errorf("privacy.kind %q: want %s or %s", t.Privacy.Kind, spec.KindGaussian, spec.KindLaplace)
	}
	return r, r.Validate()
}

// magnitudes is the largest L1 norm of a vector of integers whose squares add up to at most
// limit: the square root of values times limit (Cauchy and Schwarz), or limit if that is
// smaller, because no integer is larger than its square.
func magnitudes(limit, values uint64) uint64 {
	root := new(big.Int).SetUint64(limit)
	root.Sqrt(root.Mul(root, new(big.Int).SetUint64(values)))
	if root.IsUint64() {
		return min(root.Uint64(), limit)
	}
	return limit
}
