package view

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// DataReport is what a file of rows holds.
type DataReport struct {
	Event     string       `json:"event"`
	File      string       `json:"file"`
	Format    string       `json:"format"`
	Separator string       `json:"separator,omitempty"`
	Encoding  string       `json:"encoding,omitempty"`
	Rows      int          `json:"rows"`
	Label     string       `json:"label,omitempty"` // empty where none was found
	Why       string       `json:"why,omitempty"`   // it is the label
	Classes   []ValueCount `json:"classes,omitempty"`
	Missing   int          `json:"missing"` // cells without a value, in columns that are used
	Image     *spec.Image  `json:"image,omitempty"`
	Columns   []Column     `json:"columns"`
	Notes     []string     `json:"notes,omitempty"`
	Problems  []string     `json:"problems,omitempty"`

	regression bool
}

// ValueCount is a value and how many cells hold it.
type ValueCount struct {
	Value string `json:"value"`
	Rows  int    `json:"rows"`
}

// Column is a column of a file.
type Column struct {
	Name    string       `json:"name"`
	Kind    string       `json:"kind"`
	Use     string       `json:"use"`
	Missing int          `json:"missing"`
	Min     *float32     `json:"min,omitempty"`
	Max     *float32     `json:"max,omitempty"`
	Values  []ValueCount `json:"values,omitempty"`
}

// What becomes of a column: [Column.Use].
const (
	UseInput   = "input"
	UseInputs  = "inputs" // one for each value
	UseLabel   = "label"
	UseDropped = "dropped"
)

// DataReportOf is a report about a file of rows.
func DataReportOf(r data.Report) DataReport {
	v := DataReport{
		Event: "inspected", File: r.Path, Format: r.Format.Name, Separator: r.Format.Separator, Encoding: r.Format.Encoding,
		Rows: r.Rows, Why: r.Why, Classes: valueCounts(r.Classes), Missing: r.Missing, Columns: []Column{}, Notes: r.Notes,
	}
	if r.Image != (spec.Image{}) {
		v.Image = &r.Image
	}
	for i, c := range r.Columns {
		column := Column{Name: c.Name, Kind: c.Kind, Use: UseInput, Missing: c.Missing, Values: valueCounts(c.Values)}
		if c.Kind == spec.ColumnNumber && c.Missing < r.Rows {
			column.Min, column.Max = &c.Min, &c.Max
		}
		switch {
		case i == r.Label:
			v.Label, column.Use, v.regression = c.Name, UseLabel, c.Min < c.Max
		case c.Dropped:
			column.Use = UseDropped
		case c.Kind == spec.ColumnCategory:
			column.Use = UseInputs
		}
		v.Columns = append(v.Columns, column)
	}
	for _, p := range r.Problems {
		v.Problems = append(v.Problems, p.Error())
	}
	return v
}

func valueCounts(list []data.Count) (all []ValueCount) {
	for _, c := range list {
		all = append(all, ValueCount{c.Text, c.Rows})
	}
	return all
}

// columnsShown is how many columns of a file a page has.
const columnsShown = 64

// Page shows the file, then its columns.
func (v DataReport) Page() Page {
	var p Part
	p.Row("format", v.formatText())
	if v.Image != nil {
		p.Row("images", *v.Image)
	}
	p.Row("rows", v.Rows)
	p.Row("columns", len(v.Columns))
	p.Row("label", Dash(v.Label == "", fmt.Sprintf("%s: %s", truncated(v.Label, 24), v.Why)))
	switch {
	case len(v.Classes) > 0:
		p.Row("classes", fmt.Sprintf("%d: %s", len(v.Classes), valuesText(v.Classes, 60)))
	case v.regression:
		p.Row("classes", "none: the label is a number, and a model predicts it")
	}
	p.Row("missing", Dash(v.Missing == 0, Counted(v.Missing, "cell")))
	table := Table([]string{"COLUMN", "KIND", "MISSING", "BECOMES", "HOLDS"}, v.Columns[:min(columnsShown, len(v.Columns))], func(c Column) []any {
		return []any{truncated(c.Name, 20), c.Kind, Dash(c.Missing == 0, c.Missing), c.becomes(), c.holds(28)}
	})
	if rest := len(v.Columns) - columnsShown; rest > 0 {
		table.Text = fmt.Sprintf("... and %d more; --json prints them all", rest)
	}
	return of(p, table)
}

// formatText is how the file is written.
func (v DataReport) formatText() string {
	text := strings.ToUpper(v.Format)
	switch v.Separator {
	case "":
	case ",":
		text += " with commas"
	case ";":
		text += " with semicolons"
	case "\t":
		text += " with tabs"
	default:
		text += fmt.Sprintf(" with %q", v.Separator)
	}
	if v.Encoding != "" {
		text += ", " + v.Encoding
	}
	return text
}

// becomes is what a model sees of a column.
func (c Column) becomes() string {
	if c.Use == UseInputs {
		return Counted(len(c.Values), "input")
	}
	return c.Use
}

// holds is what the cells of a column hold, in about room characters.
func (c Column) holds(room int) string {
	switch {
	case len(c.Values) > 0:
		return valuesText(c.Values, room)
	case c.Min != nil:
		number := func(x float32) string { return strconv.FormatFloat(float64(x), 'g', 6, 32) }
		return number(*c.Min) + " to " + number(*c.Max)
	}
	return "-"
}

// valuesText lists values with their rows in about room characters, and counts the others.
func valuesText(values []ValueCount, room int) string {
	var b strings.Builder
	for i, v := range values {
		value := fmt.Sprintf("%s (%d)", truncated(v.Value, 16), v.Rows)
		rest := fmt.Sprintf(" and %d more", len(values)-i)
		if size := utf8.RuneCountInString(b.String() + ", " + value); i > 0 && (size > room || size > room-len(rest) && i < len(values)-1) {
			b.WriteString(rest)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(value)
	}
	return b.String()
}
