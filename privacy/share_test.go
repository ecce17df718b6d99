package privacy_test

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/althing-network/althing/privacy"
)

// sharedLaws are laws of shares with the law of their sum.
func sharedLaws() []struct {
	share, whole privacy.Law
	shares       int
} {
	return []struct {
		share, whole privacy.Law
		shares       int
	}{
		{privacy.Polya{A: ratio(1, 2), Shares: 2}, privacy.DiscreteLaplace{A: ratio(1, 2)}, 2},
		{privacy.Polya{A: ratio(1, 1), Shares: 8}, privacy.DiscreteLaplace{A: ratio(1, 1)}, 8},
		{privacy.Skellam{Variance: 400, Shares: 2}, privacy.Skellam{Variance: 400, Shares: 1}, 2},
		{privacy.Skellam{Variance: 10, Shares: 8}, privacy.Skellam{Variance: 10, Shares: 1}, 8},
	}
}

// The law of a sum of shares, computed exactly from the probabilities in their table, equals
// that of the whole's table, up to the distances that the tables state.
func TestSharesAddUpToTheirLaw(t *testing.T) {
	for _, c := range sharedLaws() {
		share, whole := table(t, c.share), table(t, c.whole)
		sum, width := odds(share), uint(128)
		for n := 1; n < c.shares; n *= 2 {
			sum, width = convolve(sum, sum), 2*width
		}
		middle := len(sum) / 2
		distance, other := new(big.Int), new(big.Int) // in 2^-width, twice
		for i, got := range sum {
			want := whole.Odds(int64(i - middle))
			distance.Add(distance, other.Sub(got, want.Lsh(want, width-128)).Abs(other))
		}
		far, _ := new(big.Float).SetMantExp(new(big.Float).SetInt(distance), -int(width)-1).Float64()
		allowed := float64(c.shares)*math.Ldexp(1, -share.Distance()) + math.Ldexp(1, -whole.Distance())
		if far > allowed {
			t.Errorf("%d shares of %s have a distance of %g from %s, want at most %g", c.shares, c.share, far, c.whole, allowed)
		}
		t.Logf("%d of %s: %.2g from %s, %.2g allowed", c.shares, c.share, far, c.whole, allowed)
	}
}

// odds are all probabilities of a table, times 2^128, from the smallest value on.
func odds(t *privacy.Table) (all []*big.Int) {
	most := int64(t.Largest())
	for k := -most; k <= most; k++ {
		all = append(all, t.Odds(k))
	}
	return all
}

func convolve(a, b []*big.Int) []*big.Int {
	sum := make([]*big.Int, len(a)+len(b)-1)
	for i := range sum {
		sum[i] = new(big.Int)
	}
	var product big.Int
	for i, x := range a {
		for j, y := range b {
			sum[i+j].Add(sum[i+j], product.Mul(x, y))
		}
	}
	return sum
}

func TestSumsOfSharesDrawTheirLaw(t *testing.T) {
	all := seeds(t)
	for _, c := range append(sharedLaws(), []struct {
		share, whole privacy.Law
		shares       int
	}{
		{privacy.Polya{A: ratio(1, 100), Shares: 100}, privacy.DiscreteLaplace{A: ratio(1, 100)}, 100},
		{privacy.Skellam{Variance: 10_000, Shares: 100}, privacy.Skellam{Variance: 10_000, Shares: 1}, 100},
	}...) {
		share, whole := table(t, c.share), lawOf(table(t, c.whole))
		for _, seed := range all {
			t.Run(fmt.Sprintf("%s seed %d", c.share, seed), func(t *testing.T) {
				s, sums := seeded(t, seed), make([]int64, 50_000)
				for range c.shares {
					share.Add(s, sums)
				}
				report(t, whole.check(sums))
			})
		}
	}
}

// With one share missing the sum has less noise. So the number of shares in the whole must be
// the number that is sure to arrive.
func TestMissingShareIsDetected(t *testing.T) {
	share, whole := table(t, privacy.Polya{A: ratio(1, 100), Shares: 4}), lawOf(table(t, privacy.DiscreteLaplace{A: ratio(1, 100)}))
	s, sums := seeded(t, 1), make([]int64, 50_000)
	for range 3 {
		share.Add(s, sums)
	}
	if whole.check(sums) == nil {
		t.Error("3 shares of 4 look like the whole")
	}
}
