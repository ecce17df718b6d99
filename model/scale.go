package model

import (
	"fmt"
	"math"

	"github.com/althing-network/althing/spec"
)

// Scale scales the numbers of rows: the shift of an input is subtracted from its value, then
// the difference is divided by the width. Shift and Width have one value per input, and one
// more for a label that is a number. The inputs of a category have the shift 0 and the width
// 1. The zero Scale stands for none.
type Scale struct {
	Shift, Width []float32
	// Missing replaces a missing number before scaling: it is the mean of the column. It has
	// one value per input, or is empty if rows with a missing cell are refused.
	Missing []float32
}

// IsZero reports whether there is no scale.
func (s Scale) IsZero() bool { return len(s.Shift) == 0 && len(s.Width) == 0 && len(s.Missing) == 0 }

// lengths returns the length of Shift and of Width, and the length of Missing.
func lengths(d spec.Data) (shifts, missing int) {
	shifts = d.Schema.Inputs()
	if d.Missing == spec.MissingImpute {
		missing = shifts
	}
	if d.Schema.Regression() {
		shifts++
	}
	return shifts, missing
}

// blankScale is a scale that changes no number.
func blankScale(d spec.Data) Scale {
	shifts, missing := lengths(d)
	s := Scale{Shift: make([]float32, shifts), Width: make([]float32, shifts)}
	if missing > 0 {
		s.Missing = make([]float32, missing)
	}
	for i := range s.Width {
		s.Width[i] = 1
	}
	return s
}

// scaleTensors are the tensors of a scale, of which the first has the given offset.
func scaleTensors(d spec.Data, offset int) []Tensor {
	shifts, missing := lengths(d)
	var tensors []Tensor
	for _, t := range []Tensor{{Name: "rows.shift", Len: shifts}, {Name: "rows.width", Len: shifts}, {Name: "rows.missing", Len: missing}} {
		if t.Len > 0 {
			t.Shape, t.Offset = []int{t.Len}, offset
			tensors = append(tensors, t)
			offset += t.Len
		}
	}
	return tensors
}

// values are the values of a scale's tensors, one after the other.
func (s Scale) values() []float32 {
	return append(append(append([]float32(nil), s.Shift...), s.Width...), s.Missing...)
}

// scaleOf is the scale whose tensors have these values: it undoes [Scale.values].
func scaleOf(d spec.Data, values []float32) Scale {
	shifts, missing := lengths(d)
	s := Scale{Shift: values[:shifts:shifts], Width: values[shifts : 2*shifts : 2*shifts]}
	if missing > 0 {
		s.Missing = values[2*shifts:]
	}
	return s
}

// validate refuses a scale that is impossible for such rows: one of another length, with a
// value that is not finite or a width that is not above zero, one that changes a category, or
// one that differs from the scale that follows from the bounds of the schema.
func (s Scale) validate(d spec.Data) error {
	shifts, missing := lengths(d)
	if len(s.Shift) != shifts || len(s.Width) != shifts || len(s.Missing) != missing {
		return fmt.Errorf("%w: scale of %d shifts, %d widths and %d values for missing numbers: want %d, %d and %d", ErrModel, len(s.Shift), len(s.Width), len(s.Missing), shifts, shifts, missing)
	}
	want := blankScale(d)
	if !d.MeasuresColumns() {
		bounds, err := boundsScale(d)
		if err != nil {
			return err
		}
		want = bounds
	}
	numbers, err := Numbers(d.Schema)
	if err != nil {
		return err
	}
	free := make([]bool, shifts) // whether the scale of an input comes from the trainers' rows
	for _, n := range numbers {
		free[n.Input] = d.MeasuresColumns()
	}
	for i := range shifts {
		switch {
		case !isFinite(s.Shift[i]) || !isFinite(s.Width[i]) || s.Width[i] <= 0:
			return fmt.Errorf("%w: input %d has the shift %v and the width %v: want finite numbers, and a width above zero", ErrModel, i, s.Shift[i], s.Width[i])
		case i < missing && !isFinite(s.Missing[i]):
			return fmt.Errorf("%w: %v stands for a missing number of input %d: want a finite number", ErrModel, s.Missing[i], i)
		case free[i]:
		case !same(s.Shift[i], want.Shift[i]) || !same(s.Width[i], want.Width[i]) || i < missing && !same(s.Missing[i], want.Missing[i]):
			return fmt.Errorf("%w: input %d has the shift %v and the width %v: want %v and %v", ErrModel, i, s.Shift[i], s.Width[i], want.Shift[i], want.Width[i])
		}
	}
	return nil
}

// same reports whether two numbers have the same bits.
func same(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

// Scaler applies the scale of a file to rows. The zero Scaler does not change them.
type Scaler struct {
	scale   Scale
	numbers []Number
}

// Scaler returns the scaler of the file. It is an error if rows are to be scaled and the file
// has no scale yet, because the trainers have not measured their rows.
func (f File) Scaler() (Scaler, error) {
	d := StatedRows(f.Data)
	if !d.Scaled() {
		return Scaler{}, nil
	}
	if f.Scale.IsZero() {
		return Scaler{}, fmt.Errorf("%w: it has no scale yet: the trainers have not measured their rows", ErrModel)
	}
	if err := f.Scale.validate(d); err != nil {
		return Scaler{}, err
	}
	numbers, err := Numbers(d.Schema)
	return Scaler{f.Scale, numbers}, err
}

// IsZero reports whether the scaler does not change rows.
func (s Scaler) IsZero() bool { return len(s.numbers) == 0 }

// Apply scales one row of inputs in place: each number is clamped to the bounds of the schema,
// the shift is subtracted, and the difference is divided by the width. NaN stands for a missing
// number: it is replaced by the mean of its column first, or becomes 0 if the scale has no
// means.
func (s Scaler) Apply(row []float32) {
	for _, n := range s.numbers {
		if !n.Label {
			row[n.Input] = s.scaleNumber(n, row[n.Input])
		}
	}
}

// Target scales a label that is a number.
func (s Scaler) Target(y float32) float32 {
	if n, ok := s.label(); ok {
		return s.scaleNumber(n, y)
	}
	return y
}

// UnscaleTarget converts the prediction of a regression into the unit of the label.
func (s Scaler) UnscaleTarget(y float32) float32 {
	if n, ok := s.label(); ok {
		return within(float64(float64(y)*float64(s.scale.Width[n.Input])) + float64(s.scale.Shift[n.Input]))
	}
	return y
}

// label is the label, if it is a number.
func (s Scaler) label() (n Number, ok bool) {
	if len(s.numbers) > 0 {
		n = s.numbers[len(s.numbers)-1]
	}
	return n, n.Label
}

// scaleNumber scales one number in float64, and rounds the result once.
func (s Scaler) scaleNumber(n Number, x float32) float32 {
	if x != x {
		if n.Input >= len(s.scale.Missing) {
			return 0
		}
		x = s.scale.Missing[n.Input]
	}
	return within((float64(n.Clamp(x)) - float64(s.scale.Shift[n.Input])) / float64(s.scale.Width[n.Input]))
}

// within is the finite float32 nearest to x.
func within(x float64) float32 {
	return float32(max(-math.MaxFloat32, min(x, math.MaxFloat32)))
}
