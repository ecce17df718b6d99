package privacy_test

import (
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/privacy"
)

// Tables agree with independent formulas of the laws in float64.
func TestTablesAreTheirLaws(t *testing.T) {
	for _, l := range laws() {
		t.Run(l.String(), func(t *testing.T) {
			want, variance := formula(l)
			got := lawOf(table(t, l))
			for k := int64(0); k <= min(got.most, 2000); k += 1 + k/30 {
				if w := want(int(k)); math.Abs(got.of(k)-w) > 1e-9*w+1e-14 || got.of(k) != got.of(-k) {
					t.Fatalf("P(%d) is %g, P(%d) %g, want %g", k, got.of(k), -k, got.of(-k), w)
				}
			}
			if v := got.moment(2); math.Abs(v/variance-1) > 1e-9 {
				t.Errorf("the variance is %g, want %g", v, variance)
			}
		})
	}
}

// formula is P(k) and the variance of a law.
func formula(l privacy.Law) (func(k int) float64, float64) {
	value := func(r privacy.Ratio) float64 { return float64(r.Num) / float64(r.Den) }
	switch l := l.(type) {
	case privacy.DiscreteLaplace:
		a := value(l.A)
		return func(k int) float64 { return math.Tanh(a/2) * math.Exp(-a*float64(k)) }, 2 * math.Exp(-a) / math.Pow(1-math.Exp(-a), 2)
	case privacy.Polya: // the difference of two negative binomials, value by value
		a, r := value(l.A), 1/float64(l.Shares)
		p := math.Exp(-a)
		one := []float64{math.Pow(-math.Expm1(-a), r)}
		for j := range int(60/a) + 2000 {
			one = append(one, one[j]*(float64(j)+r)/float64(j+1)*p)
		}
		return func(k int) (sum float64) {
			for j := 0; j+k < len(one); j++ {
				sum += one[j] * one[j+k]
			}
			return sum
		}, 2 * r * p / ((1 - p) * (1 - p))
	case privacy.Skellam: // the integral e^-v I(k, v) = 1/n sum of e^(v (cos x - 1)) cos kx over n points of a circle
		v := float64(l.Variance) / float64(l.Shares)
		const points = 1 << 12
		return func(k int) (sum float64) {
			for i := range points {
				x := 2 * math.Pi * float64(i) / points
				sum += math.Exp(v*(math.Cos(x)-1)) * math.Cos(2*math.Pi*float64(i*k%points)/points) / points
			}
			return sum
		}, v
	case privacy.RoundedGaussian:
		s := value(l.Sigma) * math.Sqrt2
		variance := 0.0 // about sigma^2 + 1/12; computed as a sum
		p := func(k int) float64 { return (math.Erfc((float64(k)-0.5)/s) - math.Erfc((float64(k)+0.5)/s)) / 2 }
		for k := 1; float64(k) < 20*s; k++ {
			variance += 2 * p(k) * float64(k*k)
		}
		return p, variance
	}
	return nil, 0
}

// Known answers: P(0) and P(1) of rounded Gaussians, computed with mpmath at 60 digits.
func TestRoundedGaussianKnownAnswers(t *testing.T) {
	for sigma, want := range map[uint64][2]float64{1: {0.382924922548, 0.241730337457}, 10: {0.039877611677, 0.039678886532}} {
		got := lawOf(table(t, privacy.RoundedGaussian{Sigma: ratio(sigma, 1)}))
		if math.Abs(got.of(0)-want[0]) > 1e-12 || math.Abs(got.of(1)-want[1]) > 1e-12 {
			t.Errorf("sigma %d: %.12f, %.12f, want %v", sigma, got.of(0), got.of(1), want)
		}
	}
}

// A table is the same on every machine, so a node can show the digest of the table that it
// draws noise from.
func TestTablesArePinned(t *testing.T) {
	type pin struct {
		Largest  uint64
		Distance int
		Digest   string
	}
	want := []pin{
		{7763, 111, "779b50b2793ec12dd7e3c5b2770059fec4fe22ce58b66aa2e7fd354234b88b61"},
		{78, 113, "49d67a729180650039ea51f587a38d871cbf5805e1d7168a3d562173ce581338"},
		{31, 114, "89d3854023cb457c6b4a9770110c51510a83cf2de7bef7dbc80bb9b72e956b6e"},
		{6952, 111, "a536f174538c0fd9551f1ea1fbff25cef40cb65241bfd34815b280772d50fbb5"},
		{147, 112, "ce21f3aa94d04f4c6b2d4442f91199221a430055aa8f42ce3decf9d6c8859ee8"},
		{19, 112, "e3ab62b5740b44ea86d4b57806cd9f264d86193764221f59cce3a5e64e8ca727"},
		{1225, 112, "2bdb137de38301ad21a4e74ae51e00e23e48a2dd2fdbda2ae0be8766d6223a6a"},
		{1731, 111, "dd821a309627e844422bc281e8c8f59cd3fc8352f5a8592c5c7e3c1deb7045b4"},
		{12, 116, "56bb8d0a41a4475486957adce4e5dbd638ae044df0e38af714e90efe8e42c267"},
		{55, 113, "e22925b948159a98c8a64bb90428c163f4fd7de2de3bb0ccc0577d927a1d5cc1"},
		{1224, 112, "8899559d9aa29ab5eff4d675a7e592fd20d61174d869bfbd8617c5524577dc48"},
	}
	for i, l := range laws() {
		made := table(t, l)
		digest := made.Digest()
		if diff := cmp.Diff(want[i], pin{made.Largest(), made.Distance(), hex.EncodeToString(digest[:])}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", l, diff)
		}
		all := new(big.Int)
		for k := -int64(made.Largest()); k <= int64(made.Largest()); k++ {
			all.Add(all, made.Odds(k))
		}
		if all.Cmp(new(big.Int).Lsh(big.NewInt(1), 128)) != 0 {
			t.Errorf("%s: the odds add up to %d, want 2^128", l, all)
		}
		if made.Odds(int64(made.Largest())+1).Sign() != 0 || made.Odds(math.MinInt64).Sign() != 0 {
			t.Errorf("%s: a value above Largest has odds above 0", l)
		}
		if made.Law() != l || made.Distance() < 100 {
			t.Errorf("%s: the table is of %s with distance 2^-%d, want at most 2^-100", l, made.Law(), made.Distance())
		}
	}
}

// A magnitude is at most k exactly if the 127 random bits are below the threshold of k. Almost
// always the first word decides. If it equals the first word of a threshold, the second word
// decides; the test tries that at every threshold.
func TestDrawsAtEveryThreshold(t *testing.T) {
	for _, l := range laws() {
		made := table(t, l)
		at := made.Odds(0) // threshold times 2^128, for both signs
		for k := int64(0); k < int64(made.Largest()); k++ {
			for off, want := range map[int64]int64{-1: k, 0: k + 1} {
				bits := new(big.Int).Add(new(big.Int).Rsh(at, 1), big.NewInt(off))
				if k > 0 && off == -1 && made.Odds(k).Sign() == 0 {
					continue
				}
				first, second := new(big.Int).Rsh(bits, 64).Uint64(), new(big.Int).And(bits, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
				for want+1 < int64(made.Largest()) && made.Odds(want).Sign() == 0 {
					want++ // has probability 0
				}
				values := []int64{0, 0, 0}
				made.Add(privacy.StreamOf(0, first<<1|1, second, 1), values)
				if diff := cmp.Diff([]int64{0, -want, 0}, values); diff != "" {
					t.Fatalf("%s: threshold of %d, %d off (-want +got):\n%s", l, k, off, diff)
				}
			}
			at.Add(at, made.Odds(k+1)).Add(at, made.Odds(k+1))
		}
	}
}

func TestLawsAtTheirEdges(t *testing.T) {
	for _, l := range []privacy.Law{
		privacy.DiscreteLaplace{A: ratio(64, 1)},
		privacy.DiscreteLaplace{A: ratio(1<<31-1, 1<<31-2)},
		privacy.Polya{A: ratio(64, 1), Shares: math.MaxUint32},
		privacy.Polya{A: ratio(1, 50), Shares: math.MaxUint32},
		privacy.Skellam{Variance: 1, Shares: math.MaxUint32},
		privacy.Skellam{Variance: 1 << 30, Shares: 1 << 20},
		privacy.RoundedGaussian{Sigma: ratio(1<<31-1, 1<<31-1)},
	} {
		if _, err := privacy.NewTable(l); err != nil {
			t.Errorf("%s: %v", l, err)
		}
	}
	// laws that are too wide for a table are drawn exactly
	s := seeded(t, 1)
	for range 100 {
		k, err := privacy.RoundedGaussian{Sigma: ratio(1<<31-1, 1)}.Draw(s)
		if err != nil || k > 20<<31 || k < -20<<31 {
			t.Errorf("%d, %v", k, err)
		}
		if k, err = (privacy.DiscreteLaplace{A: ratio(1, 1<<31-1)}).Draw(s); err != nil || k > 60<<31 || k < -60<<31 {
			t.Errorf("%d, %v", k, err)
		}
	}
}

func TestLawRefuses(t *testing.T) {
	for _, l := range []privacy.Law{
		privacy.DiscreteLaplace{},
		privacy.DiscreteLaplace{A: ratio(65, 1)},
		privacy.DiscreteLaplace{A: ratio(1<<31, 1<<31)},
		privacy.DiscreteLaplace{A: ratio(1, 1<<20)}, // a table of 80 million entries
		privacy.Polya{A: ratio(1, 10)},
		privacy.Polya{A: ratio(1, 0), Shares: 1},
		privacy.Skellam{Variance: 0, Shares: 1},
		privacy.Skellam{Variance: 100, Shares: 0},
		privacy.Skellam{Variance: 1<<62 + 1, Shares: 1},
		privacy.Skellam{Variance: 1 << 62, Shares: 1},
		privacy.RoundedGaussian{},
		privacy.RoundedGaussian{Sigma: ratio(999, 1000)},
		privacy.RoundedGaussian{Sigma: ratio(1<<31-1, 1)},
	} {
		if _, err := privacy.NewTable(l); !errors.Is(err, privacy.ErrLaw) {
			t.Errorf("%s: %v", l, err)
		}
	}
	s := seeded(t, 1)
	if _, err := (privacy.DiscreteLaplace{}).Draw(s); !errors.Is(err, privacy.ErrLaw) {
		t.Error(err)
	}
	if _, err := (privacy.RoundedGaussian{}).Draw(s); !errors.Is(err, privacy.ErrLaw) {
		t.Error(err)
	}
}
