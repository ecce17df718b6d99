package privacy_test

import (
	"crypto/rand"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
)

// countRevealing counts the releases that prove that the data was a 0 and not a 1. The sum of
// 1 and a float, if it is between 0 and 1/2, is a multiple of 2^-53, because floats between
// -1 and -1/2 are. Laplace noise in floats alone has finer steps there (Mironov 2012, "On
// significance of the least significant bits for differential privacy").
func countRevealing(releases []float64) (count int) {
	for _, y := range releases {
		if 0 < y && y < 0.5 && y*(1<<53) != math.Trunc(y*(1<<53)) {
			count++
		}
	}
	return count
}

// A count of 0 and a count of 1 are released with Laplace noise of epsilon 1. With gonum's
// float Laplace, an eighth of the releases of 0 are impossible for 1. With integer noise that
// is added to integers and scaled last, none is.
func TestSumThenNoiseThenScaleHasNoCertainReleases(t *testing.T) {
	const releases, quanta = 1_000_000, 1 << 10
	float := func(count float64) []float64 {
		law, all := distuv.Laplace{Mu: count, Scale: 1}, make([]float64, releases)
		for i := range all {
			all[i] = law.Rand()
		}
		return all
	}
	if share := float64(countRevealing(float(0))) / releases; math.Abs(share-0.125) > 0.005 {
		t.Errorf("the attack proves %.4f of float releases, want an eighth", share)
	}
	if found := countRevealing(float(1)); found != 0 {
		t.Errorf("the attack mistakes %d releases of 1 for releases of 0", found)
	}

	noise := table(t, privacy.DiscreteLaplace{A: ratio(1, quanta)}) // epsilon 1 for a count of quanta
	s := stream(t, rand.Reader)
	for _, count := range []int64{0, 1} {
		sums := slices.Repeat([]int64{count * quanta}, releases)
		noise.Add(s, sums)
		scaled := make([]float64, releases)
		for i, k := range sums {
			scaled[i] = float64(k) / quanta
		}
		least, most := slices.Min(sums), slices.Max(sums) // both counts can give both, and everything between
		for _, k := range []int64{least, most, least - quanta, most - quanta} {
			if noise.Odds(k).Sign() == 0 {
				t.Errorf("%d or %d is possible for only one of the counts", least, most)
			}
		}
		if found := countRevealing(scaled); found != 0 {
			t.Errorf("the attack proves %d releases of %d", found, count)
		}
	}
}

func TestReleasesNeverOverflowTheRing(t *testing.T) {
	noise := table(t, privacy.Skellam{Variance: 1 << 20, Shares: 16})
	rapid.Check(t, func(t *rapid.T) {
		m := privacy.Mechanism{Unit: cost.Client, Adjacency: cost.ZeroOut, Bound: bounds().Draw(t, "bound"), Noise: noise, Vectors: rapid.Uint64Range(1, 1<<20).Draw(t, "vectors"), Ring: privacy.Ring{Bits: rapid.UintRange(2, 64).Draw(t, "bits")}}
		values := hostileVectors().Draw(t, "values")
		before := slices.Clone(values)
		s, err := privacy.NewStream(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Release(s, values); err != nil {
			if !errors.Is(err, privacy.ErrOverflow) || !slices.Equal(values, before) {
				t.Fatal(err)
			}
			return
		}
		for _, v := range values {
			if far := float64(v) * float64(m.Vectors); math.Abs(far) > math.Ldexp(1, int(m.Ring.Bits)-1) {
				t.Fatalf("%d vectors of values like %d leave a ring of %d bits", m.Vectors, v, m.Ring.Bits)
			}
		}
	})
}

func TestSumsThatCouldOverflowAreRefusedWithTheBound(t *testing.T) {
	ring := privacy.Ring{Bits: 32}
	if err := ring.Fits(1000, 2_000_000, 1000, 147_483); err != nil {
		t.Errorf("2,147,483,000 does not fit: %v", err)
	}
	err := ring.Fits(1000, 2_000_000, 1000, 147_484)
	if !errors.Is(err, privacy.ErrOverflow) || !strings.Contains(err.Error(), "up to 2147483647") {
		t.Errorf("2,147,484,000: %v", err)
	}
	for _, huge := range [][4]uint64{{math.MaxUint64, math.MaxUint64, 0, 0}, {0, 0, math.MaxUint64, math.MaxUint64}, {math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64}, {1, math.MaxUint64, 1, 1}} {
		if err := (privacy.Ring{Bits: 64}).Fits(huge[0], huge[1], huge[2], huge[3]); !errors.Is(err, privacy.ErrOverflow) {
			t.Errorf("%d: %v", huge, err)
		}
	}
	for _, bits := range []uint{0, 1, 65} {
		if err := (privacy.Ring{Bits: bits}).Fits(1, 0, 0, 0); err == nil {
			t.Errorf("a ring of %d bits is accepted", bits)
		}
	}
	noise := table(t, privacy.Skellam{Variance: 100, Shares: 1})
	bound := privacy.Bound{Norm: privacy.L2, Limit: 1 << 40}
	right := privacy.Mechanism{Unit: cost.Example, Adjacency: cost.ReplaceOne, Bound: bound, Noise: noise, Vectors: 2047, Ring: ring}
	if err := right.Validate(); err != nil || right.Sensitivity() != 1<<42 {
		t.Error(right.Sensitivity(), err)
	}
	for what, spoil := range map[string]func(*privacy.Mechanism){
		"unit":            func(m *privacy.Mechanism) { m.Unit = "" },
		"adjacency":       func(m *privacy.Mechanism) { m.Adjacency = "swap" },
		"norm bound":      func(m *privacy.Mechanism) { m.Bound.Limit = 0 },
		"law of noise":    func(m *privacy.Mechanism) { m.Noise = nil },
		"0 vectors":       func(m *privacy.Mechanism) { m.Vectors = 0 },
		"could overflow":  func(m *privacy.Mechanism) { m.Vectors = 2048 },
		"ring of 0 bits":  func(m *privacy.Mechanism) { m.Ring.Bits = 0 },
		"ring of 65 bits": func(m *privacy.Mechanism) { m.Ring.Bits = 65 },
	} {
		wrong, values := right, []int64{1}
		spoil(&wrong)
		if err := wrong.Release(seeded(t, 1), values); err == nil || !strings.Contains(err.Error(), what) || values[0] != 1 {
			t.Errorf("%s: %v, %d", what, err, values)
		}
	}
}

// A release is exactly the clipped vector plus one draw of the table per value.
func TestReleaseIsClippedAndNoised(t *testing.T) {
	noise := table(t, privacy.Polya{A: ratio(1, 10), Shares: 3})
	m := privacy.Mechanism{Unit: cost.Client, Adjacency: cost.AddRemove, Bound: privacy.Bound{Norm: privacy.L1, Limit: 1000}, Noise: noise, Vectors: 3, Ring: privacy.Ring{Bits: 16}}
	values := make([]int64, 5000)
	for i := range values {
		values[i] = int64(i) - 2500
	}
	want := slices.Clone(values)
	if err := m.Bound.Clip(want); err != nil {
		t.Fatal(err)
	}
	noise.Add(seeded(t, 7), want)
	if err := m.Release(seeded(t, 7), values); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(values, want) {
		t.Error("the release is not the clipped vector plus its noise")
	}
}
