package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// rows are the parts of a data set, and what a task says of them.
type rows struct {
	data     spec.Data
	trainers []data.Table
	shards   []data.Table // of the hold-out, one an evaluator
	guest    data.Table   // for a trainer that joins later
}

// split shuffles the data and gives everybody a part.
func (n network) split() (rows, error) {
	train, holdout, of, err := n.read()
	if err != nil {
		return rows{}, err
	}
	train = data.Shuffle(train, n.seed)
	if holdout.Rows() == 0 {
		if train, holdout, err = data.Holdout(train, heldOut, n.seed); err != nil {
			return rows{}, err
		}
	}
	train, late, err := data.Holdout(train, setAside, n.seed)
	if err != nil {
		return rows{}, err
	}
	if n.private() && n.taskFile == "" {
		of.Schema = bounded(of.Schema, holdout)
	}
	if n.taskFile != "" && train.Features != int(n.asked.Model.Inputs) {
		return rows{}, fmt.Errorf("%s: the model has %d inputs, and the rows have %d", n.taskFile, n.asked.Model.Inputs, train.Features)
	}
	parts, err := data.Dirichlet(train, n.trainers, n.alpha, n.seed)
	if err != nil {
		return rows{}, err
	}
	shards, err := data.Shards(holdout, n.evaluators)
	return rows{data: of, trainers: parts, guest: late, shards: shards}, err
}

// read reads the data, and its hold-out where it brings one.
func (n network) read() (train, holdout data.Table, of spec.Data, err error) {
	of.Name = "digits"
	if n.file != "" {
		of.Name = kindOf(n.file)
	}
	if n.taskFile != "" {
		of = n.asked.Data
	}
	info, err := os.Stat(n.file)
	switch {
	case n.file != "" && err != nil:
		return train, holdout, of, fmt.Errorf("%s: %w", n.file, cause(err))
	case n.file != "" && !info.IsDir():
		train, of, err = n.readTable(of)
		return train, holdout, of, err
	case n.features != "":
		return train, holdout, of, fmt.Errorf("--features: %s are images, without names of columns: leave it out", of.Name)
	case n.file == "":
		train, err = data.Digits()
		return train, holdout, of, err
	}
	if train, holdout, err = data.ReadImages(os.DirFS(n.file)); err != nil {
		err = fmt.Errorf("%s: %w", n.file, err)
	}
	return train, holdout, of, err
}

// readTable reads a file of rows, and says how a task brings them to scale.
func (n network) readTable(of spec.Data) (t data.Table, _ spec.Data, err error) {
	if n.taskFile != "" {
		o := n.reading.said()
		o.Classes = int(n.asked.Model.Classes)
		t, _, err = data.Read(n.file, of, o)
		return t, of, err
	}
	if t, of.Schema, err = n.reading.table(n.file); err != nil {
		return t, of, err
	}
	if of.Schema.IsZero() && n.features != "" {
		return t, of, fmt.Errorf("--features: the columns of %s are told apart by their places: leave it out", n.file)
	}
	if !of.Schema.IsZero() {
		of.Features = cmp.Or(n.features, spec.FeaturesStandard)
		if n.reading.options.Missing == spec.MissingImpute {
			of.Missing = spec.MissingImpute
		}
	}
	return t, of, nil
}

// bounded states the bounds of each number of a schema, as the rows of a hold-out have
// them, which no privacy protects. Those of other rows that lie beyond count as the bound.
func bounded(s spec.Schema, holdout data.Table) spec.Schema {
	s.Columns = slices.Clone(s.Columns)
	input := 0
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Kind == spec.ColumnNumber {
			c.Min, c.Max = bounds(holdout.Rows(), func(row int) float32 { return holdout.Row(row)[input] })
		}
		input += c.Inputs()
	}
	if s.Regression() {
		s.Min, s.Max = bounds(holdout.Rows(), func(row int) float32 { return holdout.Targets[row] })
	}
	return s
}

// bounds are the least and the largest of some values, as a schema states them. Where there
// is only one, or all are nearly the same, there is room of a half on both sides, or of a millionth.
func bounds(n int, value func(i int) float32) (least, most spec.Decimal) {
	low, high := float32(math.MaxFloat32), float32(-math.MaxFloat32)
	for i := range n {
		if x := value(i); x == x { // it is not missing
			low, high = min(low, x), max(high, x)
		}
	}
	if low > high {
		low, high = 0, 0
	}
	const millionth, least32 = 1e-6, 1e-40 // of a number, and what is as good as nothing
	magnitude := max(math.Abs(float64(low)), math.Abs(float64(high)))
	if float64(high)-float64(low) <= max(least32, millionth*magnitude) {
		room := max(0.5, millionth*magnitude)
		low = float32(max(float64(low)-room, -math.MaxFloat32))
		high = float32(min(float64(high)+room, math.MaxFloat32))
	}
	decimal := func(x float32) spec.Decimal { return spec.Decimal(strconv.FormatFloat(float64(x), 'g', -1, 32)) }
	return decimal(low), decimal(high)
}
