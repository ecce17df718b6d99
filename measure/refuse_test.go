package measure_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/measure"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// single are rows with one number.
func single() spec.Data {
	return spec.Data{Features: spec.FeaturesStandard, Schema: spec.Schema{
		Label: "sick", Classes: []string{"no", "yes"},
		Columns: []spec.Column{{Name: "age", Kind: spec.ColumnNumber}},
	}}
}

func valuesOf(t testing.TB, d spec.Data, numbers ...float32) []int32 {
	t.Helper()
	s, err := measure.New(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range numbers {
		if err := s.AddRow([]float32{x}, 0); err != nil {
			t.Fatal(err)
		}
	}
	return s.Values()
}

// Indices of the values of one number.
const (
	count  = 0
	least  = 1
	most   = 3
	sum    = 5
	square = 18
	all    = 43 // number of values
)

// TestValues compares the statistics of 1 and 2.5 value for value: 1 is 2^149 steps, which is
// bit 5 of limb 6; its square is 2^298, which is bit 10 of limb 12.
func TestValues(t *testing.T) {
	want := make([]int32, all)
	want[count] = 2
	want[least], want[least+1] = 0x3f80, 0
	want[most], want[most+1] = 0x4020, 0
	want[sum+6] = 3<<5 + 1<<4
	want[square+12] = 7<<10 + 1<<8
	if got := valuesOf(t, single(), 1, 2.5); !slices.Equal(want, got) {
		t.Errorf("values\n%v, want\n%v", got, want)
	}
	// The sum of -1 and 0: all limbs but the last are not negative.
	got := valuesOf(t, single(), -1, float32(math.Copysign(0, -1)))
	if want := []int32{-0x3f80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1<<24 - 32, 1<<24 - 1, 1<<24 - 1, 1<<24 - 1, 1<<24 - 1, 1<<24 - 1, -1}; !slices.Equal(want, got[least:square]) {
		t.Errorf("values\n%v, want\n%v", got[least:square], want)
	}
	if n, err := measure.ValueCount(mixed()); err != nil || n != 3*all {
		t.Errorf("two columns of numbers and a label have %d values (%v), want %d", n, err, 3*all)
	}
}

func TestAddRefuses(t *testing.T) {
	bounded := single()
	bounded.Schema.Columns[0].Min, bounded.Schema.Columns[0].Max = "0", "2"
	holes := single()
	holes.Missing = spec.MissingImpute
	set := func(values []int32, changes ...int32) []int32 { // place, value, ...
		values = slices.Clone(values)
		for i := 0; i < len(changes); i += 2 {
			values[changes[i]] = changes[i+1]
		}
		return values
	}
	three := valuesOf(t, single(), 1, 2, 4)
	one := valuesOf(t, single(), 3)
	two := valuesOf(t, single(), 1, 2)
	for _, test := range []struct {
		name   string
		data   spec.Data
		values []int32
		rows   uint64
		want   string
	}{
		{"too few values", single(), three[1:], 3, "42 values: want 43"},
		{"more rows than it claims", single(), three, 2, "it counts 3 rows: the trainer claims 2"},
		{"fewer rows than it claims", single(), three, 4, "it counts 3 rows: the trainer claims 4"},
		{"more rows than it claims, where numbers may be missing", holes, three, 2, "it counts 3 rows: the trainer claims 2"},
		{"a negative count", single(), set(three, count, -3), 3, "a count of -3 rows"},
		{"sums of nothing", holes, set(three, count, 0), 3, "a count of 0 rows, but sums"},
		{"a limb too large", single(), set(three, sum, 1<<24), 3, "a limb is 16777216"},
		{"a negative limb", single(), set(three, square, -1), 3, "a limb is -1"},
		{"half of an extreme", single(), set(three, least+1, 1<<16), 3, "want two integers of 16 bits"},
		{"half of an extreme below", single(), set(three, least, -1<<15-1), 3, "want two integers of 16 bits"},
		{"infinity", single(), set(three, most, 0x7f80), 3, "does not stand for a finite number"},
		{"NaN", single(), set(three, least, -0x7fc0), 3, "does not stand for a finite number"},
		{"a zero with a sign", single(), set(three, least, -1<<15, least+1, 0), 3, "does not stand for a finite number"},
		{"the least above the largest", single(), set(three, least, 0x40ff), 3, "its least number is"},
		{"beyond the bounds", bounded, three, 3, "from 1 to 4: the schema says 0 to 2"},
		{"a sum too small", single(), set(three, sum+6, 2<<5), 3, "sum"},
		{"a sum too large", single(), set(three, sum+6, 13<<5), 3, "sum"},
		{"squares too small", single(), set(three, square+12, 17<<10), 3, "sum is too large for the sum of squares"},
		{"squares too large", single(), set(three, square+12, 26<<10), 3, "sum of squares is too large"},
		{"one row of another sum", single(), set(one, sum+6, 2<<5), 1, "of one number"},
		{"one row of another square", single(), set(one, square+12, 8<<10), 1, "of one number"},
		{"one row with two ends", single(), set(one, least, 0x3f80, least+1, 0), 1, "of one number"},
		{"two rows of another sum", single(), set(two, sum+6, 2<<5), 2, "sum is too large"},
		{"two rows of larger squares", single(), set(two, square+12, 6<<10), 2, "sum of squares is too large"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := measure.New(test.data)
			if err != nil {
				t.Fatal(err)
			}
			err = s.Add(test.values, test.rows)
			if !errors.Is(err, measure.ErrSums) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v: want one that says %q", err, test.want)
			}
			if _, err := s.Scale(); !errors.Is(err, measure.ErrSums) {
				t.Errorf("Scale after refused values returns %v, want %v", err, measure.ErrSums)
			}
		})
	}
	s, err := measure.New(holes)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Add(three, 5); err != nil {
		t.Errorf("3 numbers of 5 rows are refused: %v", err)
	}
	if err := s.Add(make([]int32, all), 5); err != nil {
		t.Errorf("no numbers of 5 rows are refused: %v", err)
	}
}

// TestAddAcceptsWhatWasMeasured: statistics of any real rows are accepted, so the checks
// refuse no honest trainer.
func TestAddAcceptsWhatWasMeasured(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(number(), 1, 12).Draw(rt, "rows")
		s, err := measure.New(single())
		if err != nil {
			rt.Fatal(err)
		}
		if err := s.Add(valuesOf(t, single(), rows...), uint64(len(rows))); err != nil {
			rt.Fatal(err)
		}
	})
}

// TestAttackOneTrainerMovesTheScale: one trainer that lies about its rows moves the scale of
// all. This package cannot detect that; only bounds in the schema limit it.
func TestAttackOneTrainerMovesTheScale(t *testing.T) {
	scale := func(d spec.Data) model.Scale {
		s, err := measure.New(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, rows := range [][]float32{{1, 2, 3}, {2, 2, 4}, {1e30}} {
			if err := s.Add(valuesOf(t, d, rows...), uint64(len(rows))); err != nil {
				t.Fatal(err)
			}
		}
		scale, err := s.Scale()
		if err != nil {
			t.Fatal(err)
		}
		return scale
	}
	if got := scale(single()); got.Width[0] < 1e29 {
		t.Errorf("without bounds the attack fails: a width of %v", got.Width[0])
	}
	stated := single()
	stated.Schema.Columns[0].Min, stated.Schema.Columns[0].Max = "0", "10"
	if got := scale(stated); got.Width[0] > 5 {
		t.Errorf("with bounds the width is %v: want at most 5", got.Width[0])
	}
}

// FuzzAdd adds any values: accepted ones give a scale that a model file can hold.
func FuzzAdd(f *testing.F) {
	encode := func(values []int32) (b []byte) {
		for _, v := range values {
			b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
		}
		return b
	}
	f.Add(encode(valuesOf(f, single(), 1, 2, 4)), uint64(3))
	f.Add(encode(valuesOf(f, single(), -1e30, math.SmallestNonzeroFloat32)), uint64(2))
	f.Add(encode(valuesOf(f, single(), 5)), uint64(1))
	f.Add(encode(make([]int32, all)), uint64(0))
	f.Fuzz(func(t *testing.T, b []byte, rows uint64) {
		values := make([]int32, len(b)/4)
		for i := range values {
			values[i] = int32(uint32(b[4*i]) | uint32(b[4*i+1])<<8 | uint32(b[4*i+2])<<16 | uint32(b[4*i+3])<<24)
		}
		d := single()
		d.Missing = spec.MissingImpute
		s, err := measure.New(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Add(values, rows); err != nil {
			if !errors.Is(err, measure.ErrSums) {
				t.Fatalf("error %v does not wrap %v", err, measure.ErrSums)
			}
			return
		}
		scale, err := s.Scale()
		if err != nil {
			if values[count] != 0 {
				t.Fatal(err)
			}
			return
		}
		m := spec.Model{Kind: spec.ModelSoftmax, Inputs: 1, Classes: 2}
		if _, err := (model.File{Model: m, Data: d, Weights: make([]float32, 4), Scale: scale}).Encode(); err != nil {
			t.Fatalf("the scale of accepted values cannot be encoded in a file: %v", err)
		}
	})
}
