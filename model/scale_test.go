package model_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// TestInitialGolden: the digests of model 0 of tasks with a schema are the same on every
// architecture and must never change. Without a schema, model 0 has only weights.
func TestInitialGolden(t *testing.T) {
	for _, test := range []struct {
		name string
		task spec.TaskSpec
		want string
	}{
		{"without a schema", spec.TaskSpec{Model: small(), Data: spec.Data{Name: "digits", MinSamples: 3}}, "ad1f59a60835480b30a493db859c3a42f4468adf0d2e8e198366a2b86bb3144d"},
		{"standard", spec.TaskSpec{Model: modelFor(patients(true)), Data: patients(true)}, "36ad1b655b48442cb47546dea93ff45f014b3be64094c83d9205609c5607146a"},
		{"minmax", spec.TaskSpec{Model: modelFor(homes(true)), Data: homes(true)}, "da0693e377a7075623fca1fae9a14e0fa0ca643828cbe80c2a0a22ae1f8490be"},
		{"not measured yet", spec.TaskSpec{Model: modelFor(homes(false)), Data: homes(false)}, "abff71246664f3e290b34da7be1384c1433de1f2ebf2f8c9261458e6ea48a1cf"},
	} {
		f, err := model.Initial(test.task)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Digest(); err != nil || got.String() != test.want {
			t.Errorf("%s: digest %s (%v), want %s", test.name, got, err, test.want)
		}
	}
}

func TestScaleFromBounds(t *testing.T) {
	f := initial(t, patients(true))
	want := model.Scale{Shift: []float32{60, 0, 0, 92.5}, Width: []float32{34.641018, 1, 1, 62.065155}, Missing: []float32{60, 0, 0, 92.5}}
	if diff := cmp.Diff(want, f.Scale); diff != "" {
		t.Errorf("standard (-want +got):\n%s", diff)
	}
	d := patients(true)
	d.Features = spec.FeaturesMinMax
	want = model.Scale{Shift: []float32{0, 0, 0, -15}, Width: []float32{120, 1, 1, 215}, Missing: []float32{60, 0, 0, 92.5}}
	if diff := cmp.Diff(want, initial(t, d).Scale); diff != "" {
		t.Errorf("minmax (-want +got):\n%s", diff)
	}
}

func scaler(t *testing.T, f model.File) model.Scaler {
	t.Helper()
	s, err := f.Scaler()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScalerApplies(t *testing.T) {
	nan := float32(math.NaN())
	minmax := patients(true)
	minmax.Features = spec.FeaturesMinMax
	for _, test := range []struct {
		name      string
		data      spec.Data
		row, want []float32
	}{
		{"between the bounds", minmax, []float32{30, 1, 0, 200}, []float32{0.25, 1, 0, 1}},
		{"beyond the bounds, so clamped", minmax, []float32{-5, 0, 0, 1e30}, []float32{0, 0, 0, 1}},
		{"missing numbers become the mean", minmax, []float32{nan, 0, 1, nan}, []float32{0.5, 0, 1, 0.5}},
		{"in standard deviations, clamped to the bounds", patients(true), []float32{-60, 0, 1, nan}, []float32{-1.7320508, 0, 1, 0}},
	} {
		got := append([]float32(nil), test.row...)
		scaler(t, initial(t, test.data)).Apply(got)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestScalerOfALabel(t *testing.T) {
	s := scaler(t, initial(t, homes(true))) // -1 to 3
	for raw, want := range map[float32]float32{-1: 0, 3: 1, 0: 0.25, 5: 1} {
		if got := s.Target(raw); got != want {
			t.Errorf("%v becomes %v, want %v", raw, got, want)
		}
	}
	for scaled, want := range map[float32]float32{0: -1, 1: 3, 0.25: 0, 2: 7} {
		if got := s.UnscaleTarget(scaled); got != want {
			t.Errorf("a prediction of %v is %v, want %v", scaled, got, want)
		}
	}
	if got := scaler(t, initial(t, patients(true))).UnscaleTarget(2); got != 2 {
		t.Errorf("a class becomes %v, want 2", got)
	}
}

// TestScaledNumbersAreFinite: a row that was not measured may be far outside the measured
// range. Its scaled values are finite all the same.
func TestScaledNumbersAreFinite(t *testing.T) {
	f := measured(t, homes(false))
	f.Scale.Width = []float32{math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat32}
	row := []float32{-math.MaxFloat32}
	s := scaler(t, f)
	s.Apply(row)
	if row[0] != -math.MaxFloat32 || s.Target(1e30) != math.MaxFloat32 {
		t.Errorf("%v and %v: want the largest numbers", row[0], s.Target(1e30))
	}
}

func TestNoScalerBeforeRowsAreMeasured(t *testing.T) {
	if _, err := initial(t, patients(false)).Scaler(); err == nil {
		t.Error("a model without a measured scale has a scaler: want an error")
	}
	s := scaler(t, model.File{Model: small(), Weights: count14()})
	row := []float32{1, 2, 3}
	if s.Apply(row); !s.IsZero() || !cmp.Equal(row, []float32{1, 2, 3}) {
		t.Errorf("without a schema a row becomes %v", row)
	}
}

// TestUnscaleIsTheInverse: scaling a label and unscaling it gives the same number, within
// the precision of float32.
func TestUnscaleIsTheInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := model.File{Data: homes(false), Scale: model.Scale{
			Shift: []float32{0, rapid.Float32Range(-1e6, 1e6).Draw(t, "shift")},
			Width: []float32{1, rapid.Float32Range(1e-3, 1e6).Draw(t, "width")},
		}}
		s, err := f.Scaler()
		if err != nil {
			t.Fatal(err)
		}
		y := rapid.Float32Range(-1e6, 1e6).Draw(t, "label")
		off := math.Abs(float64(s.UnscaleTarget(s.Target(y)) - y))
		if near := 1e-6 * (math.Abs(float64(y)) + 2*math.Abs(float64(f.Scale.Shift[1]))); off > near+1e-6 {
			t.Fatalf("%v comes back with an error of %v", y, off)
		}
	})
}

// TestWidthIsTheNearestRoot: a square root is rounded to the nearest float32, so it lies between
// the midpoints to both neighbours.
func TestWidthIsTheNearestRoot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		variance := new(big.Rat).SetFrac(
			new(big.Int).Lsh(big.NewInt(rapid.Int64Range(1, math.MaxInt64).Draw(t, "numerator")), rapid.UintRange(0, 180).Draw(t, "up")),
			new(big.Int).Lsh(big.NewInt(rapid.Int64Range(1, math.MaxInt64).Draw(t, "divisor")), rapid.UintRange(0, 290).Draw(t, "down")),
		)
		d := homes(false)
		d.Features = spec.FeaturesStandard
		one := model.Statistics{Mean: new(big.Rat), Variance: variance}
		s, err := model.NewScale(d, []model.Statistics{one, one})
		if err != nil {
			t.Fatal(err)
		}
		width := s.Width[0]
		if root, _ := new(big.Float).SetPrec(200).SetRat(variance).Float64(); width == 1 && root < 1e-80 {
			return // a width that rounds to 0 is replaced by 1
		}
		above := halfway(width, math.Float32frombits(math.Float32bits(width)+1))
		below := halfway(width, math.Float32frombits(math.Float32bits(width)-1))
		if above.Mul(above, above).Cmp(variance) < 0 || below.Mul(below, below).Cmp(variance) > 0 {
			t.Fatalf("the width is %v: want the float32 nearest to the root of %s", width, variance.FloatString(60))
		}
	})
}

func halfway(a, b float32) *big.Rat {
	sum := new(big.Rat).Add(new(big.Rat).SetFloat64(float64(a)), new(big.Rat).SetFloat64(float64(b)))
	return sum.Quo(sum, big.NewRat(2, 1))
}
