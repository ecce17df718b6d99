package measure_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/measure"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// mixed are rows with two numbers, a category between them, and a number as label.
func mixed() spec.Data {
	return spec.Data{Features: spec.FeaturesStandard, Missing: spec.MissingImpute, Schema: spec.Schema{
		Label: "price",
		Columns: []spec.Column{
			{Name: "rooms", Kind: spec.ColumnNumber},
			{Name: "heating", Kind: spec.ColumnCategory, Values: []string{"gas", "oil"}},
			{Name: "area", Kind: spec.ColumnNumber},
		},
	}}
}

// row is a row of [mixed].
type row struct {
	rooms, area, price float32
	gas                bool
}

func (r row) inputs() []float32 {
	if r.gas {
		return []float32{r.rooms, 1, 0, r.area}
	}
	return []float32{r.rooms, 0, 1, r.area}
}

func sums(t testing.TB, d spec.Data, rows []row) *measure.Sums {
	t.Helper()
	s, err := measure.New(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := s.AddRow(r.inputs(), r.price); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// number draws finite float32 of all kinds: small integers, denormals, zeros with a sign, the
// largest.
func number() *rapid.Generator[float32] {
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 1e30, -1e30, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, -3 * math.SmallestNonzeroFloat32, 1.1754944e-38}
	return rapid.OneOf(
		rapid.SampledFrom(special),
		rapid.Map(rapid.IntRange(-8, 8), func(n int) float32 { return float32(n) / 4 }),
		rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32),
	)
}

// holed draws numbers, of which some are missing.
func holed() *rapid.Generator[float32] {
	return rapid.Custom(func(t *rapid.T) float32 {
		if rapid.IntRange(0, 5).Draw(t, "missing") == 0 {
			return float32(math.NaN())
		}
		return number().Draw(t, "number")
	})
}

func anyRow() *rapid.Generator[row] {
	return rapid.Custom(func(t *rapid.T) row {
		return row{holed().Draw(t, "rooms"), holed().Draw(t, "area"), number().Draw(t, "price"), rapid.Bool().Draw(t, "gas")}
	})
}

func bits(s model.Scale) [][]uint32 {
	var all [][]uint32
	for _, values := range [][]float32{s.Shift, s.Width, s.Missing} {
		var b []uint32
		for _, v := range values {
			b = append(b, math.Float32bits(v))
		}
		all = append(all, b)
	}
	return all
}

// TestAnySplitGivesTheScaleOfAllRows: however rows are split between trainers, and in any
// order of updates, the scale is the same as the scale of all rows, computed in exact
// fractions.
func TestAnySplitGivesTheScaleOfAllRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := mixed()
		d.Features = rapid.SampledFrom([]string{spec.FeaturesStandard, spec.FeaturesMinMax}).Draw(t, "features")
		rows := rapid.SliceOfN(anyRow(), 1, 24).Draw(t, "rows")
		want := byRationals(d, rows)
		pooled, err := measure.New(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if err := pooled.AddRow(r.inputs(), r.price); err != nil {
				t.Fatal(err)
			}
		}
		got, err := pooled.Scale()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(bits(want), bits(got)); diff != "" {
			t.Fatalf("scale of all rows (-rationals +sums):\n%s", diff)
		}

		shuffled := rapid.Permutation(rows).Draw(t, "shuffled")
		joint, err := measure.New(d)
		if err != nil {
			t.Fatal(err)
		}
		for len(shuffled) > 0 {
			n := rapid.IntRange(1, len(shuffled)).Draw(t, "held")
			trainer, err := measure.New(d)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range shuffled[:n] {
				if err := trainer.AddRow(r.inputs(), r.price); err != nil {
					t.Fatal(err)
				}
			}
			values := trainer.Values()
			if _, err := model.EncodeUpdate(header(t, d), values); err != nil {
				t.Fatalf("the values cannot be encoded as an update: %v", err)
			}
			if err := joint.Add(values, uint64(n)); err != nil {
				t.Fatal(err)
			}
			shuffled = shuffled[n:]
		}
		split, err := joint.Scale()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(bits(want), bits(split)); diff != "" {
			t.Fatalf("scale of split rows (-rationals +sums):\n%s", diff)
		}
	})
}

func header(t interface{ Fatal(...any) }, d spec.Data) model.UpdateHeader {
	h, err := measure.Header(spec.Slot{Chain: "althing-1", Task: 1, Round: 1, Node: 2}, d)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// byRationals is the scale of rows by the textbook formulas, in exact fractions.
func byRationals(d spec.Data, rows []row) model.Scale {
	s := model.Scale{Shift: make([]float32, 5), Width: []float32{1, 1, 1, 1, 1}, Missing: make([]float32, 4)}
	for input, of := range map[int]func(row) float32{
		0: func(r row) float32 { return r.rooms },
		3: func(r row) float32 { return r.area },
		4: func(r row) float32 { return r.price },
	} {
		var values []*big.Rat
		least, most := float32(math.Inf(1)), float32(math.Inf(-1))
		sum := new(big.Rat)
		for _, r := range rows {
			x := of(r)
			if x != x {
				continue
			}
			if x == 0 {
				x = 0
			}
			v := new(big.Rat).SetFloat64(float64(x))
			values, least, most = append(values, v), min(least, x), max(most, x)
			sum.Add(sum, v)
		}
		if len(values) == 0 {
			continue
		}
		n := new(big.Rat).SetInt64(int64(len(values)))
		mean, variance := new(big.Rat).Quo(sum, n), new(big.Rat)
		for _, v := range values {
			off := new(big.Rat).Sub(v, mean)
			variance.Add(variance, off.Mul(off, off))
		}
		variance.Quo(variance, n)
		rounded, _ := mean.Float32()
		shift, width := rounded, rootBySearch(variance)
		if d.Features == spec.FeaturesMinMax {
			shift = least
			width, _ = new(big.Rat).Sub(new(big.Rat).SetFloat64(float64(most)), new(big.Rat).SetFloat64(float64(least))).Float32()
			width = min(width, math.MaxFloat32)
		}
		if width == 0 {
			width = 1
		}
		s.Shift[input], s.Width[input] = shift, width
		if input < 4 {
			s.Missing[input] = rounded
		}
	}
	return s
}

// rootBySearch is the float32 nearest to a square root. It searches the neighbours a and b
// of the root and compares the squares of the root and of (a+b)/2.
func rootBySearch(x *big.Rat) float32 {
	low, high := uint32(0), math.Float32bits(math.MaxFloat32)
	for low < high { // the largest float32 whose square is at most x
		middle := low + (high-low+1)/2
		v := new(big.Rat).SetFloat64(float64(math.Float32frombits(middle)))
		if v.Mul(v, v).Cmp(x) <= 0 {
			low = middle
		} else {
			high = middle - 1
		}
	}
	a := math.Float32frombits(low)
	if low == math.Float32bits(math.MaxFloat32) {
		return a
	}
	half := new(big.Rat).Add(new(big.Rat).SetFloat64(float64(a)), new(big.Rat).SetFloat64(float64(math.Float32frombits(low+1))))
	half.Quo(half, big.NewRat(2, 1))
	switch half.Mul(half, half).Cmp(x) {
	case -1:
		return math.Float32frombits(low + 1)
	case 0:
		return math.Float32frombits(low + low&1)
	}
	return a
}

func TestHugeNumbersHaveAScale(t *testing.T) {
	got, err := sums(t, mixed(), []row{{rooms: 1e30, price: 1}, {rooms: 3e30, price: 1}}).Scale()
	if err != nil {
		t.Fatal(err)
	}
	want := model.Scale{Shift: []float32{2e30, 0, 0, 0, 1}, Width: []float32{1e30, 1, 1, 1, 1}, Missing: []float32{2e30, 0, 0, 0}}
	if math.Abs(float64(got.Width[0])-1e30) < 1e23 {
		got.Width[0] = 1e30 // 1e30 and 3e30 are no float32
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAddRowRefuses(t *testing.T) {
	strict := mixed()
	strict.Missing = ""
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, test := range []struct {
		name string
		data spec.Data
		row  row
		want string
	}{
		{"infinite", mixed(), row{area: inf}, `measure: column "area" is +Inf: want a finite number`},
		{"infinite label", mixed(), row{price: -inf}, `measure: the label "price" is -Inf: want a finite number`},
		{"missing label", mixed(), row{price: nan}, `measure: the label "price" is NaN: want a finite number`},
		{"missing", strict, row{rooms: nan}, `measure: column "rooms" is NaN: want a finite number`},
	} {
		s := sums(t, test.data, nil)
		before := s.Values()
		if err := s.AddRow(test.row.inputs(), test.row.price); err == nil || err.Error() != test.want {
			t.Errorf("%s: error %v, want %s", test.name, err, test.want)
		}
		if diff := cmp.Diff(before, s.Values()); diff != "" {
			t.Errorf("%s: a refused row changes the values (-before +after):\n%s", test.name, diff)
		}
	}
	if err := sums(t, mixed(), nil).AddRow([]float32{1}, 1); err == nil {
		t.Error("a row of one input is accepted: want four")
	}
}

func TestNoRowsHaveNoScale(t *testing.T) {
	if _, err := sums(t, mixed(), nil).Scale(); !errors.Is(err, measure.ErrSums) {
		t.Errorf("error %v, want %v", err, measure.ErrSums)
	}
}

// TestColumnsWithoutNumbersAreLeftAsTheyAre: rows in which every number is missing still
// count as rows. Otherwise a task whose trainers have only missing numbers would measure for
// ever.
func TestColumnsWithoutNumbersAreLeftAsTheyAre(t *testing.T) {
	d, missing := mixed(), float32(math.NaN())
	d.Schema.Label, d.Schema.Classes = "sold", []string{"no", "yes"}
	for _, features := range []string{spec.FeaturesStandard, spec.FeaturesMinMax} {
		d.Features = features
		own := sums(t, d, []row{{rooms: missing, area: missing}, {rooms: missing, area: missing, gas: true}})
		got := sums(t, d, nil)
		if err := got.Add(make([]int32, len(own.Values())), 0); err != nil {
			t.Fatal(err)
		}
		if _, err := got.Scale(); !errors.Is(err, measure.ErrSums) {
			t.Errorf("the scale of an update of no rows: got error %v, want %v", err, measure.ErrSums)
		}
		if err := got.Add(own.Values(), 2); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*measure.Sums{own, got} {
			scale, err := s.Scale()
			if err != nil {
				t.Fatal(err)
			}
			want := model.Scale{Shift: []float32{0, 0, 0, 0}, Width: []float32{1, 1, 1, 1}, Missing: []float32{0, 0, 0, 0}}
			if diff := cmp.Diff(want, scale); diff != "" {
				t.Errorf("%s: %s", features, diff)
			}
		}
	}
}
