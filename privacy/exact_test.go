package privacy_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/althing-network/althing/privacy"
)

// sigmas are small and large standard deviations, integers and fractions.
func sigmas() []privacy.Ratio {
	return []privacy.Ratio{ratio(1, 1), ratio(7, 5), ratio(33, 16), ratio(1056, 1), ratio(123_457, 16), ratio(1<<31-1, 3), ratio(1<<31-1, 1)}
}

// TestFloatsDecideAsIntegersDo: float and integer comparisons draw the same values from the
// same words, and use the same number of words.
func TestFloatsDecideAsIntegersDo(t *testing.T) {
	for _, sigma := range sigmas() {
		g := privacy.RoundedGaussian{Sigma: sigma}
		a, b := stream(t, rand.NewChaCha8([32]byte{1})), stream(t, rand.NewChaCha8([32]byte{1}))
		for i := range 3000 {
			got, err := g.Draw(a)
			if err != nil {
				t.Fatal(err)
			}
			if want := g.DrawByIntegers(b); got != want {
				t.Fatalf("%s: draw %d is %d: want %d", g, i, got, want)
			}
		}
		if a.Uint64() != b.Uint64() {
			t.Errorf("%s: the draws took different words", g)
		}
	}
}

// TestCloseComparisonsAreDecidedByIntegers: if a uniform real is so close to the probability
// that its first word hardly tells them apart, integers decide.
func TestCloseComparisonsAreDecidedByIntegers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	near := 0
	for _, sigma := range sigmas() {
		g := privacy.RoundedGaussian{Sigma: sigma}
		wide := float64(sigma.Num) / float64(sigma.Den)
		for range 300 {
			y, word := int64(wide*2*random.NormFloat64()), random.Uint64()
			about := g.About(y, word)
			m := math.Ceil(about)
			if !(about > 1e-3) || m-about < 1e-3 {
				continue
			}
			for _, off := range []int64{-1 << 40, -1 << 12, -1, 0, 1, 1 << 12, 1 << 40} {
				// The first word is for k = 1, the second begins the real; the others end the draw.
				words := []uint64{0, uint64(math.Ldexp(about/m, 64)) + uint64(off)}
				for range 200 {
					words = append(words, random.Uint64())
				}
				near++
				if both, integers := g.Accepts(y, word, words...); both != integers {
					t.Fatalf("%s: proposal %d with word %d: accepted is %t, want %t as by integers", g, y, word, both, integers)
				}
			}
		}
	}
	if near < 1000 {
		t.Errorf("%d close comparisons, want at least 1000", near)
	}
	if g := (privacy.RoundedGaussian{Sigma: ratio(1, 1)}); !math.IsNaN(g.About(1000, 0)) {
		t.Error("the float exponent of a very large value is not NaN")
	}
}
