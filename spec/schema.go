package spec

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Bounds of a schema. The chain reads the task file for each message to the task, so it must
// stay small. Wider rows do without a schema: their columns are identified by position, like
// the pixels of an image.
const (
	MaxColumns     = 512
	MaxSchemaBytes = 16 << 10 // of all names, values and bounds together
	maxDecimal     = 32       // bytes of a [Decimal]
	maxExponent    = 45       // of a [Decimal], positive or negative: the range of a number of 32 bits
)

// Schema describes the columns of a task's rows, so that every node puts them into the same
// order, whatever their order in its own file. The zero Schema stands for none: then columns
// are identified by their position.
type Schema struct {
	Label   string   `json:"label,omitempty" yaml:"label,omitempty"`         // name of the column to predict
	Classes []string `json:"classes,omitempty" yaml:"classes,omitempty"`     // of the label, in the order of the model's outputs; empty: the label is a number
	Min     Decimal  `json:"label_min,omitempty" yaml:"label_min,omitempty"` // bound of a label that is a number; empty: not stated
	Max     Decimal  `json:"label_max,omitempty" yaml:"label_max,omitempty"`
	Columns []Column `json:"columns,omitempty" yaml:"columns,omitempty"` // in the order of the model's inputs
}

// Column is one column of features.
type Column struct {
	Name   string   `json:"name" yaml:"name"`
	Kind   string   `json:"kind" yaml:"kind"`                         // one of [ColumnKinds]
	Values []string `json:"values,omitempty" yaml:"values,omitempty"` // of a category: one input each, in this order
	Min    Decimal  `json:"min,omitempty" yaml:"min,omitempty"`       // bound of a number; empty: not stated
	Max    Decimal  `json:"max,omitempty" yaml:"max,omitempty"`
}

// The words of data.schema.columns.kind, of data.features and of data.missing.
const (
	ColumnNumber   = "number"
	ColumnCategory = "category"

	FeaturesNone     = "none"
	FeaturesStandard = "standard"
	FeaturesMinMax   = "minmax"

	MissingRefuse = "refuse"
	MissingImpute = "impute"
)

// ColumnKinds lists the words of data.schema.columns.kind.
func ColumnKinds() []Word {
	return []Word{
		{ColumnNumber, "one input: the number in the cell, brought to scale as `data.features` says"},
		{ColumnCategory, "an input for each of its values: 1 for the value in the cell, 0 for the others"},
	}
}

// FeatureScales lists the words of data.features. Without one, numbers are not scaled.
func FeatureScales() []Word {
	return []Word{
		{FeaturesNone, "uses numbers as they are"},
		{FeaturesStandard, "subtracts the mean of its column from each number and divides by the standard deviation: those of the rows of all trainers or, if the schema states bounds for every number, of a uniform distribution between them"},
		{FeaturesMinMax, "maps the least number of each column to 0 and the largest to 1: the bounds that the schema states for every number, else the extremes of the rows of all trainers"},
	}
}

// MissingRules lists the words of data.missing. Without one, rows with a missing cell are
// refused.
func MissingRules() []Word {
	return []Word{
		{MissingRefuse, "refuses rows in which a cell is missing or holds a value that the schema does not list"},
		{MissingImpute, "replaces a missing number by the mean of its column, or by the middle of the bounds that give the scale; a category that is missing or not in the schema gets none of the values"},
	}
}

// IsZero reports whether there is no schema.
func (s Schema) IsZero() bool {
	return s.Label == "" && len(s.Classes) == 0 && s.Min == "" && s.Max == "" && len(s.Columns) == 0
}

// Inputs is the number of model inputs that a column gives.
func (c Column) Inputs() int {
	if c.Kind == ColumnCategory {
		return len(c.Values)
	}
	return 1
}

// Inputs is the number of model inputs that all columns give.
func (s Schema) Inputs() (n int) {
	for _, c := range s.Columns {
		n += c.Inputs()
	}
	return n
}

// Bounded reports whether the schema states bounds for every column that is a number, and for
// a label that is one.
func (s Schema) Bounded() bool {
	unbounded := func(c Column) bool { return c.Kind == ColumnNumber && (c.Min == "" || c.Max == "") }
	return len(s.Columns) > 0 && !slices.ContainsFunc(s.Columns, unbounded) && (len(s.Classes) > 0 || s.Min != "" && s.Max != "")
}

// Scaled reports whether rows are scaled before a model sees them.
func (d Data) Scaled() bool { return d.Features != "" && d.Features != FeaturesNone }

// MeasuresColumns reports whether the statistics for scaling rows come from the trainers, as sums in
// the first round. That is so unless the schema states all bounds.
func (d Data) MeasuresColumns() bool { return d.Scaled() && !d.Schema.Bounded() }

// Regression reports whether the label is a number and not a class.
func (s Schema) Regression() bool { return !s.IsZero() && len(s.Classes) == 0 }

// unbounded names the first number whose bounds the schema does not state.
func (s Schema) unbounded() string {
	for _, c := range s.Columns {
		if c.Kind == ColumnNumber && (c.Min == "" || c.Max == "") {
			return fmt.Sprintf("min and max of the column %q", c.Name)
		}
	}
	return fmt.Sprintf("label_min and label_max of %q", s.Label)
}

// Fit reports, as a [*FieldError], what is wrong with the schema and the other fields of
// data, or where they do not fit the inputs and classes of a model.
func (d Data) Fit(m Model) error {
	if err := d.validateRows(); err != nil {
		return err
	}
	outputs, reason := len(d.Schema.Classes), "the number of classes in data.schema"
	if d.Schema.Regression() {
		outputs, reason = 1, "because the label of data.schema is a number"
	}
	stated := !d.Schema.IsZero()
	return first(
		check{"model.image", stated && m.Image != Image{}, "rows with a schema are not images: leave out model.image or data.schema"},
		check{"model.inputs", stated && uint64(m.Inputs) != uint64(d.Schema.Inputs()), fmt.Sprintf("%d: want %d, the inputs that the columns of data.schema give: one for a number, one for each value of a category", m.Inputs, d.Schema.Inputs())},
		check{"model.classes", stated && uint64(m.Classes) != uint64(outputs), fmt.Sprintf("%d: want %d, %s", m.Classes, outputs, reason)},
	)
}

// validateRows reports what is wrong with the schema, the scale or the rule for missing cells.
func (d Data) validateRows() error {
	if err := d.Schema.validate(); err != nil {
		return err
	}
	number := func(c Column) bool { return c.Kind == ColumnNumber }
	return first(
		check{"data.features", d.Features != "" && !known(FeatureScales(), d.Features), fmt.Sprintf("unknown scale %q: want %s", d.Features, ChoiceOf(FeatureScales()))},
		check{"data.missing", d.Missing != "" && !known(MissingRules(), d.Missing), fmt.Sprintf("unknown rule %q: want %s", d.Missing, ChoiceOf(MissingRules()))},
		check{"data.missing", d.Missing == MissingImpute && d.Schema.IsZero(), "only rows with a schema can have missing cells: write data.schema, or leave it out"},
		check{"data.features", d.Scaled() && d.Schema.IsZero(), "only rows with a schema can be scaled: write data.schema, or leave it out"},
		check{"data.missing", d.Missing == MissingImpute && !d.Scaled() && slices.ContainsFunc(d.Schema.Columns, number), fmt.Sprintf("needs the mean of each column, which is known only if data.features is %s or %s", FeaturesStandard, FeaturesMinMax)},
	)
}

// Validate reports the first mistake in a schema, as a [*FieldError].
func (s Schema) Validate() error { return s.validate() }

func (s Schema) validate() error {
	if s.IsZero() {
		return nil
	}
	if err := first(
		check{"data.schema.label", s.Label == "", "missing: want the name of the column to predict"},
		check{"data.schema.label", !printable(s.Label), fmt.Sprintf("want 1 to %d bytes of printable text", maxName)},
		check{"data.schema.columns", len(s.Columns) == 0, "missing: want the list of columns without the label"},
		check{"data.schema.columns", len(s.Columns) > MaxColumns, fmt.Sprintf("%d columns: want at most %d, or no schema, which identifies columns by their position", len(s.Columns), MaxColumns)},
		check{"data.schema.classes", len(s.Classes) == 1, fmt.Sprintf("only one class, %.64q: want at least 2", strings.Join(s.Classes, ""))},
		check{"data.schema.classes", len(s.Classes) > 0 && (s.Min != "" || s.Max != ""), "a label with classes has no bounds: leave label_min and label_max out"},
	); err != nil {
		return err
	}
	if err := distinctTexts("data.schema.classes", s.Classes); err != nil {
		return err
	}
	if err := ordered("data.schema.label", s.Min, s.Max); err != nil {
		return err
	}
	bytes := len(s.Label) + len(s.Min) + len(s.Max) + len(strings.Join(s.Classes, ""))
	names := map[string]bool{s.Label: true} // looked up, never walked
	for i, c := range s.Columns {
		field := fmt.Sprintf("data.schema.columns.%d", i+1)
		if err := first(
			check{field, !printable(c.Name), fmt.Sprintf("name %.64q: want 1 to %d bytes of printable text", c.Name, maxName)},
			check{field, c.Name == s.Label, fmt.Sprintf("%q is the label: list only the other columns", c.Name)},
			check{field, names[c.Name], fmt.Sprintf("%q is listed twice", c.Name)},
			check{field, !known(ColumnKinds(), c.Kind), fmt.Sprintf("%q has the unknown kind %q: want %s", c.Name, c.Kind, ChoiceOf(ColumnKinds()))},
			check{field, c.Kind == ColumnNumber && len(c.Values) > 0, fmt.Sprintf("%q is a number, and only a category has values: leave them out", c.Name)},
			check{field, c.Kind == ColumnCategory && len(c.Values) == 0, fmt.Sprintf("%q is a category without values: list them", c.Name)},
			check{field, c.Kind == ColumnCategory && (c.Min != "" || c.Max != ""), fmt.Sprintf("%q is a category, and only a number has bounds: leave them out", c.Name)},
		); err != nil {
			return err
		}
		if err := distinctTexts(field, c.Values); err != nil {
			return err
		}
		if err := ordered(field, c.Min, c.Max); err != nil {
			return err
		}
		names[c.Name] = true
		bytes += len(c.Name) + len(strings.Join(c.Values, "")) + len(c.Min) + len(c.Max)
	}
	return first(check{"data.schema", bytes > MaxSchemaBytes, fmt.Sprintf("%d bytes of names and values: want at most %d", bytes, MaxSchemaBytes)})
}

// distinctTexts wants printable texts, each at most once.
func distinctTexts(field string, texts []string) error {
	seen := make(map[string]bool) // looked up, never walked
	for _, text := range texts {
		if !printable(text) {
			return &FieldError{Field: field, Why: fmt.Sprintf("value %.64q: want 1 to %d bytes of printable text", text, maxName)}
		}
		if seen[text] {
			return &FieldError{Field: field, Why: fmt.Sprintf("value %q is listed twice", text)}
		}
		seen[text] = true
	}
	return nil
}

// ordered wants either no bounds, or two, the first below the second.
func ordered(field string, least, most Decimal) error {
	if least == "" && most == "" {
		return nil
	}
	low, lowOK := least.rat()
	high, highOK := most.rat()
	switch {
	case least == "" || most == "":
		return &FieldError{Field: field, Why: "only one bound is stated: want both a least and a largest value, or neither"}
	case !lowOK || !highOK:
		return &FieldError{Field: field, Why: fmt.Sprintf("bounds %.40q and %.40q: want decimals such as -1.5 or 2e-3", least, most)}
	case low.Cmp(high) >= 0:
		return &FieldError{Field: field, Why: fmt.Sprintf("the least value %s is not below the largest, %s", least, most)}
	case tooClose(low, high):
		return &FieldError{Field: field, Why: fmt.Sprintf("the bounds %s and %s are too close: rounded to 32 bits they may be equal", least, most)}
	}
	return nil
}

// tooClose reports whether two numbers may become equal when they are rounded to 32 bits. It
// is true for all numbers that do become equal, and for some that do not. The distance of a number of 32 bits (IEEE
// 754, binary32) to the next is at most 2^-23 of its magnitude, or 2^-149.
func tooClose(low, high *big.Rat) bool {
	step := new(big.Rat).Abs(low)
	if size := new(big.Rat).Abs(high); size.Cmp(step) > 0 {
		step = size
	}
	step.Mul(step, negativePower(23))
	if least := negativePower(149); least.Cmp(step) > 0 {
		step = least
	}
	return new(big.Rat).Sub(high, low).Cmp(step) <= 0
}

// negativePower is 2^-n.
func negativePower(n uint) *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), n))
}

// Decimal is a number as people write it, such as -1.5 or 2e-3. Computations use it as an
// IEEE 754 binary32, rounded the same on every machine.
type Decimal string

// Valid reports whether d is a number in the range of a binary32.
func (d Decimal) Valid() bool {
	_, ok := d.rat()
	return ok
}

func (d Decimal) rat() (*big.Rat, bool) {
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(string(d)), "e")
	whole, fraction, point := strings.Cut(strings.TrimLeft(mantissa, "+-"), ".")
	if len(d) > maxDecimal || len(mantissa)-len(strings.TrimLeft(mantissa, "+-")) > 1 || !digits(whole) || !digits(fraction) ||
		whole == "" || point && fraction == "" {
		return nil, false
	}
	if scientific {
		size := strings.TrimLeft(exponent, "+-")
		if size == "" || len(size) > 2 || len(exponent)-len(size) > 1 || !digits(size) || len(size) == 2 && size > fmt.Sprint(maxExponent) {
			return nil, false
		}
	}
	r, ok := new(big.Rat).SetString(string(d))
	if !ok {
		return nil, false
	}
	// The largest binary32 is 2^128 - 2^104. Numbers at least half a step above it round to
	// infinity.
	limit := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), new(big.Int).Lsh(big.NewInt(1), 103))
	return r, new(big.Rat).Abs(r).Cmp(new(big.Rat).SetInt(limit)) < 0
}
