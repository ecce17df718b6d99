package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/althing-network/althing/spec"
)

// Thresholds by which the label column and the kinds of columns are guessed.
const (
	maxLabels    = 20  // distinct numbers in a column that is guessed to be the label
	rowsPerClass = 10  // on average; integers that repeat less often are not classes
	almostAll    = 0.9 // share of numeric cells from which the other cells count as mistakes
)

// labelName reports whether the name is usual for a label column.
func labelName(name string) bool {
	switch strings.ToLower(name) {
	case labelColumn, "target", "class", "y", "species", "outcome", "diagnosis", "variety", "quality":
		return true
	}
	return false
}

// indexName reports whether the name is usual for a column that numbers the rows.
func indexName(name string) bool {
	switch strings.ToLower(name) {
	case "id", "index", "row", "unnamed: 0", "__index_level_0__":
		return true
	}
	return false
}

// conclude decides what each column is, and lists the problems that a person must decide.
func (r *Report) conclude(names []string, columns []study) {
	problem := func(text string, args ...any) { r.Problems = append(r.Problems, fmt.Errorf(text, args...)) }
	for _, name := range slices.Concat(r.options.Drop, r.options.Categories) {
		if !slices.Contains(names, name) {
			problem("no column is named %q: the file has %s", name, list(names))
		}
	}
	if name := nameless(names); name != "" {
		problem("%s: a column is named %q, as if the first line were a row: want a line that names the columns", r.Format.Name, name)
	}
	var kinds []error
	for i, name := range names {
		column, err := columns[i].column(name, slices.Contains(r.options.Categories, name))
		column.Dropped = slices.Contains(r.options.Drop, name)
		r.Columns = append(r.Columns, column)
		kinds = append(kinds, err)
	}
	if slices.ContainsFunc(columns, func(s study) bool { return s.oddText != nil }) {
		r.Format.Encoding = "not UTF-8"
	}
	var err error
	if r.Label, r.Why, err = r.findLabel(columns); err != nil {
		problem("%w", err)
	} else if err := r.label(&columns[r.Label]); err != nil {
		problem("%w", err)
	}
	for i, c := range r.Columns {
		if c.Dropped || i == r.Label {
			continue
		}
		if kinds[i] != nil {
			problem("%w", kinds[i])
		}
		r.Missing += c.Missing
		if c.Missing > 0 && kinds[i] == nil && r.options.Missing != spec.MissingImpute {
			problem("%w (%d in this column): --missing impute trains with such rows, --drop %q without the column", columns[i].oddMissing, c.Missing, c.Name)
		}
		if indexName(c.Name) && c.Kind == spec.ColumnNumber && !columns[i].unordered && !columns[i].fraction && c.Missing == 0 && r.Rows > 1 {
			r.Notes = append(r.Notes, fmt.Sprintf("column %d (%s) numbers the rows and would be learned from: --drop %q leaves it out", i+1, c.Name, c.Name))
		}
	}
	if len(r.Problems) == 0 {
		if _, err := r.schema(); err != nil {
			problem("%w", err)
		}
	}
}

// nameless returns a fractional number among the column names, if at most one of the names is
// not a number: then the first line is a row, and the file has no header.
func nameless(names []string) (fraction string) {
	texts := 0
	for _, name := range names {
		if x, ok := number(name); !ok {
			texts++
		} else if x != float32(math.Trunc(float64(x))) {
			fraction = name
		}
	}
	if texts > 1 {
		return ""
	}
	return fraction
}

// column decides what a feature column is; the error says why it cannot be used.
func (s *study) column(name string, category bool) (c Column, err error) {
	c = Column{Name: name, Kind: spec.ColumnNumber, Missing: s.missing, Min: s.min, Max: s.max}
	filled := s.numbers + s.foreign + s.words
	switch {
	case s.oddText != nil:
		return c, s.oddText
	case filled == 0:
		return c, fmt.Errorf("no cell of column %q has a value: --drop %q leaves it out", name, name)
	case category:
	case s.words == 0 && s.foreign == 0:
		return c, nil
	case s.words == 0:
		return c, s.oddForeign
	case float64(s.numbers+s.foreign) >= almostAll*float64(filled):
		return c, fmt.Errorf("%w, as the other cells of its column are: --drop %q leaves the column out, --categories %q takes each text for a category", s.oddWord, name, name)
	}
	c.Kind, c.Min, c.Max = spec.ColumnCategory, 0, 0
	if s.many {
		return c, fmt.Errorf("column %q has more than %d different texts, too many for a category: --drop %q leaves it out", name, s.limit, name)
	}
	if c.Values = s.values(); len(c.Values) > maxValues {
		return c, fmt.Errorf("column %q has %d different texts, too many for a category: --drop %q leaves it out", name, len(c.Values), name)
	}
	return c, nil
}

// findLabel finds the label column and says why it was chosen.
func (r *Report) findLabel(columns []study) (label int, why string, err error) {
	var usual, categories, names []int
	for i, c := range r.Columns {
		switch {
		case c.Dropped:
			continue
		case r.options.Label == c.Name:
			return i, "it is asked for", nil
		case c.Name == labelColumn:
			usual = append([]int{i}, usual...)
		case labelName(c.Name):
			usual = append(usual, i)
		}
		names = append(names, i)
		if len(c.Values) > 0 {
			categories = append(categories, i)
		}
	}
	last := len(r.Columns) - 1
	switch {
	case r.options.Label != "":
		return -1, "", fmt.Errorf("no column is named %q: --label names one of %s", r.options.Label, r.list(names))
	case len(usual) > 0 && (len(usual) == 1 || r.Columns[usual[0]].Name == labelColumn):
		return usual[0], "it has the name of a label", nil
	case len(usual) > 1:
		return -1, "", fmt.Errorf("more than one column could be the label: choose one with --label, from %s", r.list(usual))
	case len(categories) == 1 && (categories[0] == names[0] || categories[0] == names[len(names)-1]):
		return categories[0], "it is the only column of texts, at one end", nil
	case len(categories) == 0 && last > 0 && !r.Columns[last].Dropped && few(&columns[last]):
		return last, "it is the last column and has few different values", nil
	}
	return -1, "", fmt.Errorf("cannot tell which column is the label: choose one with --label, from %s", r.list(names))
}

// few reports whether a column has few enough distinct numbers to be the label.
func few(s *study) bool { return !s.many && len(s.texts) <= maxLabels }

// list names columns in an error.
func (r *Report) list(columns []int) string {
	var names []string
	for _, i := range columns {
		names = append(names, r.Columns[i].Name)
	}
	return list(names)
}

// label finds out what the labels are; the error says why they cannot be used.
func (r *Report) label(s *study) error {
	c := &r.Columns[r.Label]
	distinct := s.values()
	regression := s.words+s.foreign == 0 && (s.many || len(distinct) > maxLabels && (s.fraction || s.numbers < rowsPerClass*len(distinct)))
	if r.options.Regression != nil {
		regression = *r.options.Regression
	} else if regression {
		r.Notes = append(r.Notes, fmt.Sprintf("the label %q has many different numbers and is predicted as a number: --regression=false takes them for classes", c.Name))
	}
	switch {
	case s.oddText != nil:
		return s.oddText
	case s.missing > 0:
		return fmt.Errorf("%w (%d in this column): leave rows without a label out", s.oddMissing, s.missing)
	case s.foreign > 0:
		return s.oddForeign
	case regression && s.words > 0:
		return fmt.Errorf("%w, but a label predicted as a number must be one", s.oddWord)
	case regression:
		c.Kind, c.Min, c.Max, c.Values = spec.ColumnNumber, s.min, s.max, nil
		return nil
	case s.many:
		return fmt.Errorf("column %q has more than %d different labels: want fewer classes, or another column with --label", c.Name, s.limit)
	case len(distinct) == 1:
		return fmt.Errorf("the label column %q has only one class, %.64q, in all %d rows: want at least 2", c.Name, distinct[0].Text, r.Rows)
	}
	c.Kind, c.Values, c.Min, c.Max = spec.ColumnCategory, distinct, 0, 0
	r.Classes = distinct
	return nil
}

// Schema is the schema of the rows, with the columns in file order. It is zero where
// features are identified by position: images, and wide tables of numbers whose labels are
// integers from 0. The error is the first problem of the report.
func (r Report) Schema() (spec.Schema, error) {
	if len(r.Problems) > 0 {
		return spec.Schema{}, fmt.Errorf("%s: %w", r.Path, r.Problems[0])
	}
	if r.Image != (spec.Image{}) {
		return spec.Schema{}, nil
	}
	return r.schema()
}

func (r *Report) schema() (spec.Schema, error) {
	s := spec.Schema{Label: r.Columns[r.Label].Name}
	for _, class := range r.Classes {
		s.Classes = append(s.Classes, class.Text)
	}
	for i, c := range r.Columns {
		if i == r.Label || c.Dropped {
			continue
		}
		column := spec.Column{Name: c.Name, Kind: c.Kind}
		for _, value := range c.Values {
			column.Values = append(column.Values, value.Text)
		}
		s.Columns = append(s.Columns, column)
	}
	if len(s.Columns) == 0 {
		return spec.Schema{}, fmt.Errorf("no feature columns beside the label %q", s.Label)
	}
	if len(s.Columns) <= spec.MaxColumns {
		return s, s.Validate()
	}
	if !r.places(s) {
		return spec.Schema{}, fmt.Errorf("%d columns beside the label, and a schema names at most %d: without one, labels are integers from 0, without gaps, and every other cell is a number", len(s.Columns), spec.MaxColumns)
	}
	return spec.Schema{}, nil
}

// places reports whether features can be identified by position.
func (r *Report) places(s spec.Schema) bool {
	for i, class := range s.Classes {
		if class != strconv.Itoa(i) {
			return false
		}
	}
	text := func(c spec.Column) bool { return c.Kind != spec.ColumnNumber }
	return len(s.Classes) > 0 && r.Missing == 0 && !slices.ContainsFunc(s.Columns, text)
}
