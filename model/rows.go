package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/althing-network/althing/spec"
)

// Number is an input of a model that is a number, or a label that is one.
type Number struct {
	Input    int // index of the input; for the label, the number of inputs
	Label    bool
	Min, Max float32 // bounds that the schema states; both 0 if it states none
}

// Clamp clamps a value to the bounds of the schema.
func (n Number) Clamp(x float32) float32 {
	if n.Min == n.Max {
		return x
	}
	return max(n.Min, min(x, n.Max)) // NaN stays NaN
}

// Numbers lists the inputs that are numbers, in their order, then the label if it is one.
// Bounds are the decimals of the schema, rounded to float32.
func Numbers(s spec.Schema) ([]Number, error) {
	var numbers []Number
	add := func(name string, n Number, least, most spec.Decimal) error {
		if least != "" && most != "" {
			low, err := strconv.ParseFloat(string(least), 32)
			high, err2 := strconv.ParseFloat(string(most), 32)
			if err != nil || err2 != nil {
				return fmt.Errorf("schema: bounds %.40q and %.40q of %q: want decimals that float32 can hold", least, most, name)
			}
			n.Min, n.Max = float32(low), float32(high)
		}
		numbers = append(numbers, n)
		return nil
	}
	input := 0
	for _, c := range s.Columns {
		if c.Kind == spec.ColumnNumber {
			if err := add(c.Name, Number{Input: input}, c.Min, c.Max); err != nil {
				return nil, err
			}
		}
		input += c.Inputs()
	}
	if s.Regression() {
		if err := add(s.Label, Number{Input: input, Label: true}, s.Min, s.Max); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// rows is the text with which a header states how rows become inputs of the model: JSON
// without spaces, with the fields in the order of this function. Empty and default values are
// left out. Without a schema it is empty.
func rows(d spec.Data) string {
	s := d.Schema
	if s.IsZero() {
		return ""
	}
	var fields []string
	add := func(name, value, usual string) {
		if value != "" && value != usual {
			fields = append(fields, quote(name)+":"+quote(value))
		}
	}
	add("features", d.Features, spec.FeaturesNone)
	add("missing", d.Missing, spec.MissingRefuse)
	add("label", s.Label, "")
	if len(s.Classes) > 0 {
		fields = append(fields, fmt.Sprintf(`"classes":[%s]`, list(s.Classes, quote)))
	}
	add("label_min", string(s.Min), "")
	add("label_max", string(s.Max), "")
	fields = append(fields, fmt.Sprintf(`"columns":[%s]`, list(s.Columns, column)))
	return "{" + strings.Join(fields, ",") + "}"
}

// column is the text of a column: its name, its kind, and its values or bounds if it has any.
func column(c spec.Column) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"name":%s,"kind":%s`, quote(c.Name), quote(c.Kind))
	if len(c.Values) > 0 {
		fmt.Fprintf(&b, `,"values":[%s]`, list(c.Values, quote))
	}
	if c.Min != "" || c.Max != "" {
		fmt.Fprintf(&b, `,"min":%s,"max":%s`, quote(string(c.Min)), quote(string(c.Max)))
	}
	b.WriteByte('}')
	return b.String()
}

// parseRows reads the text of [rows]. Like [parseArchitecture], it also accepts other JSON.
func parseRows(text string) (d spec.Data, err error) {
	if text == "" {
		return d, nil
	}
	var stated struct {
		Features string       `json:"features"`
		Missing  string       `json:"missing"`
		Label    string       `json:"label"`
		Classes  []string     `json:"classes"`
		Min      spec.Decimal `json:"label_min"`
		Max      spec.Decimal `json:"label_max"`
		Columns  []struct {
			Name   string       `json:"name"`
			Kind   string       `json:"kind"`
			Values []string     `json:"values"`
			Min    spec.Decimal `json:"min"`
			Max    spec.Decimal `json:"max"`
		} `json:"columns"`
	}
	if err := json.Unmarshal([]byte(text), &stated); err != nil {
		return d, err
	}
	d = spec.Data{Features: stated.Features, Missing: stated.Missing, Schema: spec.Schema{
		Label: stated.Label, Classes: stated.Classes, Min: stated.Min, Max: stated.Max,
	}}
	for _, c := range stated.Columns {
		d.Schema.Columns = append(d.Schema.Columns, spec.Column(c))
	}
	return d, nil
}

// StatedRows is the part of a task's data that a model file states, in its canonical form; zero if
// there is no schema.
func StatedRows(d spec.Data) spec.Data {
	if d.Schema.IsZero() {
		return spec.Data{}
	}
	if !d.Scaled() {
		d.Features = ""
	}
	if d.Missing == spec.MissingRefuse {
		d.Missing = ""
	}
	s := spec.Schema{Label: d.Schema.Label, Min: d.Schema.Min, Max: d.Schema.Max, Classes: listed(d.Schema.Classes)}
	for _, c := range d.Schema.Columns {
		c.Values = listed(c.Values)
		s.Columns = append(s.Columns, c)
	}
	return spec.Data{Features: d.Features, Missing: d.Missing, Schema: s}
}

// listed copies a list; an empty one becomes nil.
func listed(texts []string) []string {
	if len(texts) == 0 {
		return nil
	}
	return slices.Clone(texts)
}
