package measure

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// ErrSums is wrapped by every refusal of values that no rows can have as sums.
var ErrSums = errors.New("statistics refused")

// Sums are the statistics of rows, for each input that is a number and for a label that is
// one. Rows are added one by one with AddRow, or as the values of an update with Add.
type Sums struct {
	data    spec.Data
	numbers []model.Number
	rows    []limbs  // of rows that were added one by one
	totals  []totals // of updates
	any     bool     // a row was added, even one in which every number is missing
}

// New returns statistics of no rows.
func New(d spec.Data) (*Sums, error) {
	numbers, err := model.Numbers(d.Schema)
	if err != nil {
		return nil, err
	}
	return &Sums{data: model.StatedRows(d), numbers: numbers, rows: make([]limbs, len(numbers)), totals: make([]totals, len(numbers))}, nil
}

// ValueCount is the number of values of an update in a round that measures.
func ValueCount(d spec.Data) (int, error) {
	numbers, err := model.Numbers(d.Schema)
	return columnValues * len(numbers), err
}

// Header is the header of an update in a round that measures. Its values are integers.
func Header(slot spec.Slot, d spec.Data) (model.UpdateHeader, error) {
	n, err := ValueCount(d)
	return model.UpdateHeader{Slot: slot, Count: uint64(n)}, err
}

// AddRow adds one row before it is scaled. Numbers outside the bounds of the schema are
// clamped to them, as they are when rows are scaled. NaN stands for a missing number, which is
// skipped; where no number may be missing, NaN is an error. Infinity is always an error. A
// label that is a class is ignored.
func (s *Sums) AddRow(row []float32, label float32) error {
	if len(row) != s.data.Schema.Inputs() {
		return fmt.Errorf("measure: row of %d inputs: want %d", len(row), s.data.Schema.Inputs())
	}
	value := func(n model.Number) float32 {
		if n.Label {
			return label
		}
		return row[n.Input]
	}
	for i, n := range s.numbers {
		x := value(n)
		if missing := x != x; math.IsInf(float64(x), 0) || missing && !s.mayMiss(n) {
			return fmt.Errorf("measure: %s is %v: want a finite number", s.name(n), x)
		}
		if s.rows[i].count == spec.MaxSamples {
			return fmt.Errorf("measure: more than %d rows", spec.MaxSamples)
		}
	}
	for i, n := range s.numbers {
		if x := value(n); x == x {
			s.rows[i].add(n.Clamp(x))
		}
	}
	s.any = true
	return nil
}

// mayMiss reports whether a number may be missing in a row.
func (s *Sums) mayMiss(n model.Number) bool { return s.data.Missing == spec.MissingImpute && !n.Label }

// name is what errors call a number.
func (s *Sums) name(n model.Number) string {
	if n.Label {
		return fmt.Sprintf("the label %q", s.data.Schema.Label)
	}
	input := 0
	for _, c := range s.data.Schema.Columns {
		if input == n.Input {
			return fmt.Sprintf("column %q", c.Name)
		}
		input += c.Inputs()
	}
	return fmt.Sprintf("input %d", n.Input)
}

// Values returns the values of an update: the sums of the rows that were added one by one.
func (s *Sums) Values() []int32 {
	values := make([]int32, 0, columnValues*len(s.rows))
	for i := range s.rows {
		values = s.rows[i].appendTo(values)
	}
	return values
}

// Add adds the values of an update of a trainer that claims a number of rows. If no rows can
// have these sums, the error wraps [ErrSums] and nothing is added. That is so for
// values that [Sums.Values] does not encode; for a count that differs from the claim, or exceeds it
// where numbers may be missing; for values outside the bounds of the schema; and for a sum or
// a sum of squares that is impossible between the minimum and the maximum.
func (s *Sums) Add(values []int32, rows uint64) error {
	if len(values) != columnValues*len(s.numbers) {
		return fmt.Errorf("%w: %d values: want %d", ErrSums, len(values), columnValues*len(s.numbers))
	}
	added := make([]totals, len(s.numbers))
	for i, n := range s.numbers {
		t, err := readTotals(values[i*columnValues:][:columnValues])
		if err == nil {
			err = t.check(n, rows, s.mayMiss(n))
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrSums, s.name(n), err)
		}
		added[i] = t
	}
	for i, t := range added {
		s.totals[i].add(t)
	}
	s.any = s.any || rows > 0
	return nil
}

// Scale is the scale that follows from all rows that were added. A column in which every row
// lacks a number is not scaled. If no rows were added, the error wraps [ErrSums].
func (s *Sums) Scale() (model.Scale, error) {
	if !s.any {
		return model.Scale{}, fmt.Errorf("%w: no rows were measured", ErrSums)
	}
	statistics := make([]model.Statistics, len(s.numbers))
	for i := range s.numbers {
		t := s.totals[i]
		own, err := readTotals(s.rows[i].appendTo(nil))
		if err != nil {
			return model.Scale{}, err
		}
		t.add(own)
		statistics[i] = t.statistics()
	}
	return model.NewScale(s.data, statistics)
}

// totals are the statistics of one column. Sums are integers in steps of 2^-149, sums of
// squares in steps of 2^-298; nil stands for 0.
type totals struct {
	count        uint64
	sum, squares *big.Int
	min, max     float32 // where count > 0
}

// add adds the totals of other rows. It does not change the integers of either.
func (t *totals) add(o totals) {
	switch {
	case o.count == 0:
	case t.count == 0:
		*t = o
	default:
		*t = totals{
			count: t.count + o.count,
			sum:   new(big.Int).Add(t.sum, o.sum), squares: new(big.Int).Add(t.squares, o.squares),
			min: min(t.min, o.min), max: max(t.max, o.max),
		}
	}
}

// statistics are the mean and the variance, exactly.
func (t totals) statistics() model.Statistics {
	if t.count == 0 {
		return model.Statistics{Mean: new(big.Rat), Variance: new(big.Rat)}
	}
	n := new(big.Int).SetUint64(t.count)
	step := new(big.Int).Lsh(big.NewInt(1), fractionBits) // 2^-149 of it is 1
	mean := new(big.Rat).SetFrac(t.sum, new(big.Int).Mul(n, step))
	spread := new(big.Int).Mul(n, t.squares)
	spread.Sub(spread, new(big.Int).Mul(t.sum, t.sum))
	divisor := new(big.Int).Mul(n, step)
	return model.Statistics{Mean: mean, Variance: new(big.Rat).SetFrac(spread, divisor.Mul(divisor, divisor)), Min: t.min, Max: t.max}
}

// check refuses statistics that no numbers of the claimed rows can have. Every row has a
// number, unless numbers may be missing.
func (t totals) check(n model.Number, rows uint64, mayMiss bool) error {
	if t.count > rows || t.count < rows && !mayMiss {
		return fmt.Errorf("it counts %d rows: the trainer claims %d", t.count, rows)
	}
	if t.count == 0 {
		return nil
	}
	if t.min > t.max {
		return fmt.Errorf("its least number is %v, its largest %v", t.min, t.max)
	}
	if n.Clamp(t.min) != t.min || n.Clamp(t.max) != t.max {
		return fmt.Errorf("from %v to %v: the schema says %v to %v", t.min, t.max, n.Min, n.Max)
	}
	// Take the minimum and the maximum away. The other numbers, of which there are as many as
	// between says, are in [least, most] and have this sum and this sum of squares.
	least, most := toInteger(t.min), toInteger(t.max)
	between, sum, squares := int64(t.count)-2, new(big.Int).Sub(t.sum, least), new(big.Int).Sub(t.squares, square(least))
	if t.count == 1 {
		if t.min != t.max || sum.Sign() != 0 || squares.Sign() != 0 {
			return errors.New("the sum or the sum of squares of one number is impossible")
		}
		return nil
	}
	sum.Sub(sum, most)
	squares.Sub(squares, square(most))
	count := big.NewInt(between)
	// (sum of x)^2 <= count * sum of x^2, and sum of (most - x)(x - least) >= 0. If no numbers
	// are left, both sums must be 0.
	if new(big.Int).Mul(sum, sum).Cmp(new(big.Int).Mul(count, squares)) > 0 {
		return errors.New("its sum is too large for the sum of squares")
	}
	spread := new(big.Int).Mul(new(big.Int).Add(least, most), sum)
	spread.Sub(spread, squares)
	spread.Sub(spread, new(big.Int).Mul(count, new(big.Int).Mul(least, most)))
	if spread.Sign() < 0 {
		return errors.New("its sum of squares is too large for numbers between the least and the largest")
	}
	if between == 0 && squares.Sign() != 0 {
		return errors.New("the sum of squares of two numbers is impossible")
	}
	if sum.Cmp(new(big.Int).Mul(count, least)) < 0 || sum.Cmp(new(big.Int).Mul(count, most)) > 0 {
		return errors.New("its sum is impossible for numbers between the least and the largest")
	}
	return nil
}

func square(x *big.Int) *big.Int { return new(big.Int).Mul(x, x) }
