package main

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/view"
)

// releaseFlags describe one release: its noise, and who is drawn for it.
type releaseFlags struct {
	mechanism          string
	noise, epsilon0, a float64
	l2, l1             int64 // in quanta, 0 where the flag is not given
	q                  float64
	sampling           string
	n, m               int64

	cmd *cobra.Command
}

// How the units of a release may be drawn.
const (
	noSampling         = "none"
	poisson            = "poisson"
	withoutReplacement = "without-replacement"
)

func (r *releaseFlags) add(c *cobra.Command) {
	r.cmd = c
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&r.mechanism, "mechanism", view.Gaussian, "gaussian, laplace, discrete-laplace or skellam")
	f.Float64Var(&r.noise, "noise", 0, "standard deviation of gaussian or skellam noise over the bound on the L2 norm")
	f.Float64Var(&r.epsilon0, "epsilon0", 0, "epsilon of one laplace release: the bound on the L1 norm over the scale")
	f.Float64Var(&r.a, "a", 0, "rate of discrete-laplace noise: k has odds of e^(-a|k|)")
	f.Int64Var(&r.l2, "l2", 0, "bound on the L2 norm in quanta, of skellam noise (default 1, which costs most)")
	f.Int64Var(&r.l1, "l1", 0, "bound on the L1 norm in quanta, of skellam (default l2^2, the most there is) or discrete-laplace (default 1)")
	f.Float64Var(&r.q, "q", 1, "probability with which one unit is drawn for a release, in secret")
	f.StringVar(&r.sampling, "sampling", poisson, "how units are drawn: poisson or without-replacement")
	f.Int64Var(&r.n, "n", 0, "number of units, with --sampling without-replacement")
	f.Int64Var(&r.m, "m", 0, "number of units drawn, with --sampling without-replacement (default q times n)")
}

// isSet reports whether the command line has the flag.
func (r *releaseFlags) isSet(flag string) bool { return r.cmd.Flags().Changed(flag) }

// noiseFlag is the flag that says how much noise there is.
func (r *releaseFlags) noiseFlag() string {
	switch r.mechanism {
	case view.Laplace:
		return "epsilon0"
	case view.DiscreteLaplace:
		return "a"
	}
	return "noise"
}

// noiseValue is the value of that flag.
func (r *releaseFlags) noiseValue() float64 {
	switch r.mechanism {
	case view.Laplace:
		return r.epsilon0
	case view.DiscreteLaplace:
		return r.a
	}
	return r.noise
}

// check refuses flags that contradict each other or are out of bounds.
func (r *releaseFlags) check() error {
	mechanisms := []string{view.Gaussian, view.Laplace, view.DiscreteLaplace, view.Skellam}
	if !slices.Contains(mechanisms, r.mechanism) {
		return hintFlags(r.cmd, fmt.Errorf("no mechanism is called %q: want one of %s", r.mechanism, strings.Join(mechanisms, ", ")), "mechanism", view.Gaussian)
	}
	for _, flag := range []string{"noise", "epsilon0", "a"} {
		if flag != r.noiseFlag() && r.isSet(flag) {
			err := fmt.Errorf("--%s does not say the noise of %s: want --%s", flag, r.mechanism, r.noiseFlag())
			return hintFlags(r.cmd, err, flag, "", r.noiseFlag(), "1")
		}
	}
	if err := r.checkNorms(); err != nil {
		return err
	}
	if r.isSet(r.noiseFlag()) {
		if err := r.mechanismWith(r.noiseValue()).Validate(); err != nil {
			return hintFlags(r.cmd, err, r.noiseFlag(), "1")
		}
	}
	return r.checkSampling()
}

// checkNorms checks the bounds on what one unit contributes.
func (r *releaseFlags) checkNorms() error {
	const largest = 1 << 30 // its square is an integer of 64 bits
	switch {
	case r.isSet("l2") && r.mechanism != view.Skellam:
		return hintFlags(r.cmd, fmt.Errorf("--l2 is for skellam noise only: the noise of %s is relative to the L2 norm", r.mechanism), "l2", "")
	case r.isSet("l1") && r.mechanism != view.Skellam && r.mechanism != view.DiscreteLaplace:
		return hintFlags(r.cmd, fmt.Errorf("--l1 is for skellam and discrete-laplace noise only: the noise of %s is relative to the norm", r.mechanism), "l1", "")
	case r.isSet("l2") && (r.l2 < 1 || r.l2 > largest):
		return hintFlags(r.cmd, fmt.Errorf("--l2 %d: want 1 to %d quanta", r.l2, largest), "l2", "1")
	case r.isSet("l1") && (r.l1 < 1 || r.l1 > largest*largest):
		return hintFlags(r.cmd, fmt.Errorf("--l1 %d: want 1 to %d quanta", r.l1, int64(largest*largest)), "l1", "1")
	}
	return nil
}

// normBounds is the bound in each norm, in quanta. Of integers no sum of magnitudes is
// above the sum of squares, so that is the bound of L1 where the flag is not set. With
// the noise in units of the L2 norm, Skellam noise costs most where that is 1.
func (r *releaseFlags) normBounds() (l1, l2Squared int64) {
	if r.mechanism != view.Skellam {
		return max(1, r.l1), 1
	}
	l2Squared = max(1, r.l2*r.l2)
	if r.l1 == 0 {
		return l2Squared, l2Squared
	}
	return min(r.l1, l2Squared), l2Squared
}

// checkSampling checks and completes the sampling.
func (r *releaseFlags) checkSampling() error {
	switch r.sampling {
	case poisson:
		if r.isSet("n") || r.isSet("m") {
			return hintFlags(r.cmd, errors.New("--n and --m are of --sampling without-replacement"), "sampling", withoutReplacement)
		}
		if !(r.q > 0 && r.q <= 1) {
			return hintFlags(r.cmd, fmt.Errorf("--q %v: a sampling rate is above 0 and at most 1", r.q), "q", "0.01")
		}
	case withoutReplacement:
		if r.m == 0 && r.isSet("q") {
			r.m = int64(math.Round(r.q * float64(r.n)))
		}
		if r.n < 1 || r.m < 1 || r.m > r.n {
			return hintFlags(r.cmd, fmt.Errorf("--m %d of --n %d units: a sample has at least one unit and no more than there are", r.m, r.n), "q", "", "n", "1000", "m", "10")
		}
		rate := float64(r.m) / float64(r.n)
		if r.isSet("q") && math.Abs(r.q-rate) > 1e-9 {
			return hintFlags(r.cmd, fmt.Errorf("--q %v is not --m over --n, %v", r.q, rate), "q", "", "m", strconv.FormatInt(r.m, 10))
		}
		r.q = rate
	default:
		return hintFlags(r.cmd, fmt.Errorf("no sampling is called %q: want %s or %s", r.sampling, poisson, withoutReplacement), "sampling", poisson)
	}
	if r.q == 1 {
		r.sampling = noSampling
	}
	return nil
}

// readUnit reads the unit. Its default is an example where a sample is drawn, else a client. A
// sample of clients is refused: everybody can see who was drawn.
func (r *releaseFlags) readUnit(word string) (cost.Unit, error) {
	unit := cost.Client
	if r.sampling != noSampling {
		unit = cost.Example
	}
	if word != "" {
		var err error
		if unit, err = cost.ParseUnit(word); err != nil {
			return "", hintFlags(r.cmd, err, "unit", string(unit))
		}
	}
	if unit == cost.Client && r.sampling != noSampling {
		err := fmt.Errorf("%s of clients costs no less: who takes part in a round is public on the chain", r.accountantSampling())
		return "", hintFlags(r.cmd, err, "unit", string(cost.Example))
	}
	return unit, nil
}

// mechanismWith is the mechanism with an amount of noise.
func (r *releaseFlags) mechanismWith(amount float64) account.Mechanism {
	l1, square := r.normBounds()
	switch r.mechanism {
	case view.Laplace:
		return account.Laplace{Epsilon: amount}
	case view.DiscreteLaplace:
		return account.DiscreteLaplace{A: amount, L1: l1}
	case view.Skellam:
		return account.Skellam{Variance: amount * amount * float64(square), L2Squared: square, L1: l1}
	}
	return account.Gaussian{Noise: amount}
}

// noiseOf is the amount of noise of a mechanism.
func (r *releaseFlags) noiseOf(m account.Mechanism) float64 {
	switch m := m.(type) {
	case account.Laplace:
		return m.Epsilon
	case account.DiscreteLaplace:
		return m.A
	case account.Skellam:
		return math.Sqrt(m.Variance / float64(m.L2Squared))
	case account.Gaussian:
		return m.Noise
	}
	return math.NaN()
}

// accountantSampling is the sampling for the accountants.
func (r *releaseFlags) accountantSampling() account.Sampling {
	switch r.sampling {
	case poisson:
		return account.Poisson(r.q)
	case withoutReplacement:
		return account.WithoutReplacement(r.n, r.m)
	}
	return account.Sampling{}
}

// ledgerRelease is the release in the integers of the ledger. It never costs less than the
// release itself: noise is rounded down, and a sampling rate up.
func (r *releaseFlags) ledgerRelease(amount float64, unit cost.Unit) cost.Release {
	l1, square := r.normBounds()
	release := cost.Release{Unit: unit, Norm: cost.Norm{L1: uint64(l1), L2Squared: uint64(square)}}
	exact := exactDecimal(amount)
	switch r.mechanism {
	case view.Laplace, view.DiscreteLaplace:
		release.Noise = cost.Laplace{Rate: fraction(exact, true)}
	case view.Skellam:
		variance := new(big.Rat).Mul(exact, exact)
		release.Noise = cost.Skellam{Variance: fraction(variance.Mul(variance, new(big.Rat).SetInt64(square)), false)}
	default:
		release.Noise = cost.Gaussian{Sigma: fraction(exact, false)}
	}
	switch r.sampling {
	case poisson:
		const million = 1_000_000
		rate := exactDecimal(r.q)
		release.Sampling.Poisson = uint32(roundToInt(rate.Mul(rate, big.NewRat(million, 1)), true).Int64())
	case withoutReplacement:
		release.Sampling.Take, release.Sampling.Of = uint64(r.m), uint64(r.n)
	}
	return release
}

// exactDecimal is the number that x is printed as.
func exactDecimal(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'g', -1, 64))
	return r
}

// fraction is r as a fraction of 64-bit integers. Where r does not fit, it is rounded down, or
// up where above is true, to as many decimals as fit.
func fraction(r *big.Rat, above bool) cost.Fraction {
	if r.Num().IsUint64() && r.Denom().IsUint64() {
		return cost.Fraction{Num: r.Num().Uint64(), Den: r.Denom().Uint64()}
	}
	const finest = 1_000_000_000_000_000_000
	for den := uint64(finest); ; den /= 10 {
		scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(new(big.Int).SetUint64(den)))
		if num := roundToInt(scaled, above); num.IsUint64() || den == 1 {
			return cost.Fraction{Num: num.Uint64(), Den: den}
		}
	}
}

// roundToInt rounds r down to an integer, or up where above is true.
func roundToInt(r *big.Rat, above bool) *big.Int {
	n, rest := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	if above && rest.Sign() > 0 {
		n.Add(n, big.NewInt(1))
	}
	return n
}
