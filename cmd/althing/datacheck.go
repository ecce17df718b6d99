package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

func (s *session) dataCheck() *cobra.Command {
	var r reading
	var task string
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "Look at a file of rows and say what it holds and how it would be read; needs no network",
		Long: `Reads a file to its end and says everything at once: how it is written, its columns,
which of them is the label, its classes, missing cells, and what becomes of each. What
keeps the rows from being used comes last, as an error, with the flag that helps. The
same flags do the same for demo, localnet, task init and predict, and stand in a
node's node.json, under "data".

FILE is CSV (with commas, semicolons or tabs), Parquet or NPZ. --schema also says
whether the rows fit a task.`,
		Example: "  althing data check rows.csv\n  althing data check rows.csv --label outcome --drop id --missing impute\n  althing data check rows.csv --schema task.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := data.Inspect(args[0], r.said())
			if err != nil {
				return unfound(args[0], err)
			}
			if err := s.showReport(report); err != nil {
				return err
			}
			if task != "" {
				return s.fits(cmd, args[0], task, r)
			}
			return r.problems(report)
		},
	}
	r.flags(c)
	c.Flags().StringVar(&task, "schema", "", "task file: say whether the rows fit the task")
	return c
}

// fitted is a file whose rows fit a task.
type fitted struct {
	Event string `json:"event"`
	File  string `json:"file"`
	Task  string `json:"task"`
	Rows  int    `json:"rows"`
}

// fits reads a file as a task wants it and says whether it can.
func (s *session) fits(cmd *cobra.Command, path, task string, r reading) error {
	asked, err := readTask(cmd.Context(), cmd.InOrStdin(), task)
	if err != nil {
		return err
	}
	o := r.said()
	o.Classes = int(asked.Model.Classes)
	t, labelled, err := data.Read(path, asked.Data, o)
	switch {
	case err != nil:
		return err
	case !labelled:
		return fmt.Errorf("%s: no column is the label of %s", path, task)
	case t.Features != int(asked.Model.Inputs):
		return fmt.Errorf("%s: %d columns beside the label: %s wants %d, told apart by their places", path, t.Features, task, asked.Model.Inputs)
	}
	if s.json {
		return s.line(fitted{"fits", path, task, t.Rows()})
	}
	_, err = fmt.Fprintf(s.out, "\nall %d rows fit %s\n", t.Rows(), task)
	return err
}

// inspected is what a file of rows holds, as JSON.
type inspected struct {
	Event     string      `json:"event"`
	File      string      `json:"file"`
	Format    string      `json:"format"`
	Separator string      `json:"separator,omitempty"`
	Encoding  string      `json:"encoding,omitempty"`
	Rows      int         `json:"rows"`
	Label     string      `json:"label,omitempty"` // none was found where it is empty
	Why       string      `json:"why,omitempty"`   // it is the label
	Classes   []held      `json:"classes,omitempty"`
	Missing   int         `json:"missing"` // cells of columns that are used
	Image     *spec.Image `json:"image,omitempty"`
	Columns   []lookedAt  `json:"columns"`
	Notes     []string    `json:"notes,omitempty"`
	Problems  []string    `json:"problems,omitempty"`
}

// held is a text and how many cells hold it.
type held struct {
	Value string `json:"value"`
	Rows  int    `json:"rows"`
}

// lookedAt is a column of a file.
type lookedAt struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Use     string   `json:"use"` // input, inputs, label or dropped
	Missing int      `json:"missing"`
	Min     *float32 `json:"min,omitempty"`
	Max     *float32 `json:"max,omitempty"`
	Values  []held   `json:"values,omitempty"`
}

// What becomes of a column.
const (
	useInput   = "input"
	useInputs  = "inputs"
	useLabel   = "label"
	useDropped = "dropped"
)

func counts(list []data.Count) (all []held) {
	for _, c := range list {
		all = append(all, held{c.Text, c.Rows})
	}
	return all
}

// inspect is a report in the words of this command.
func inspect(r data.Report) inspected {
	in := inspected{
		Event: "inspected", File: r.Path, Format: r.Format.Name, Separator: r.Format.Separator, Encoding: r.Format.Encoding,
		Rows: r.Rows, Why: r.Why, Classes: counts(r.Classes), Missing: r.Missing, Columns: []lookedAt{}, Notes: r.Notes,
	}
	if r.Image != (spec.Image{}) {
		in.Image = &r.Image
	}
	for i, c := range r.Columns {
		column := lookedAt{Name: c.Name, Kind: c.Kind, Use: useInput, Missing: c.Missing, Values: counts(c.Values)}
		if c.Kind == spec.ColumnNumber && c.Missing < r.Rows {
			column.Min, column.Max = &c.Min, &c.Max
		}
		switch {
		case i == r.Label:
			in.Label, column.Use = c.Name, useLabel
		case c.Dropped:
			column.Use = useDropped
		case c.Kind == spec.ColumnCategory:
			column.Use = useInputs
		}
		in.Columns = append(in.Columns, column)
	}
	for _, p := range r.Problems {
		in.Problems = append(in.Problems, p.Error())
	}
	return in
}

// manyColumns is how many columns a table for people shows.
const manyColumns = 64

func (s *session) showReport(r data.Report) error {
	in := inspect(r)
	if s.json {
		return s.line(in)
	}
	t := s.table()
	t.row("format", writtenIn(in))
	if in.Image != nil {
		t.row("images", *in.Image)
	}
	t.row("rows", in.Rows)
	t.row("columns", len(in.Columns))
	t.row("label", unless(in.Label == "", fmt.Sprintf("%s: %s", short(in.Label, 24), in.Why)))
	switch {
	case len(in.Classes) > 0:
		t.row("classes", fmt.Sprintf("%d: %s", len(in.Classes), listed(in.Classes, 60)))
	case in.Label != "" && r.Columns[r.Label].Min < r.Columns[r.Label].Max:
		t.row("classes", "none: the label is a number, and a model predicts it")
	}
	t.row("missing", unless(in.Missing == 0, counted(uint32(in.Missing), "cell")))
	if err := t.flush(); err != nil {
		return err
	}
	fmt.Fprintln(s.out)
	t = s.table("COLUMN", "KIND", "MISSING", "BECOMES", "HOLDS")
	for _, c := range in.Columns[:min(manyColumns, len(in.Columns))] {
		t.row(short(c.Name, 20), c.Kind, unless(c.Missing == 0, c.Missing), c.becomes(), c.holds(28))
	}
	if err := t.flush(); err != nil {
		return err
	}
	if rest := len(in.Columns) - manyColumns; rest > 0 {
		fmt.Fprintf(s.out, "... and %d more; --json prints them all\n", rest)
	}
	for i, note := range in.Notes {
		if i == 0 {
			fmt.Fprintln(s.out)
		}
		s.paragraph("note: " + note)
	}
	return nil
}

// writtenIn says how a file is written.
func writtenIn(in inspected) string {
	text := strings.ToUpper(in.Format)
	switch in.Separator {
	case "":
	case ",":
		text += " with commas"
	case ";":
		text += " with semicolons"
	case "\t":
		text += " with tabs"
	default:
		text += fmt.Sprintf(" with %q", in.Separator)
	}
	if in.Encoding != "" {
		text += ", " + in.Encoding
	}
	return text
}

// becomes is what a model sees of a column.
func (c lookedAt) becomes() string {
	if c.Use == useInputs {
		return counted(uint32(len(c.Values)), "input")
	}
	return c.Use
}

// holds is what the cells of a column hold, in so many characters.
func (c lookedAt) holds(room int) string {
	switch {
	case len(c.Values) > 0:
		return listed(c.Values, room)
	case c.Min != nil:
		return fmt.Sprintf("%s to %s", about(*c.Min), about(*c.Max))
	}
	return "-"
}

// about is a number with six digits at most.
func about(x float32) string { return strconv.FormatFloat(float64(x), 'g', 6, 32) }

// listed lists values with their rows as far as there is room, and counts the rest.
func listed(values []held, room int) string {
	var b strings.Builder
	for i, v := range values {
		word := fmt.Sprintf("%s (%d)", short(v.Value, 16), v.Rows)
		rest := fmt.Sprintf(" and %d more", len(values)-i)
		if i > 0 && utf8.RuneCountInString(b.String()+", "+word) > room-len(rest) && (i < len(values)-1 || utf8.RuneCountInString(b.String()+", "+word) > room) {
			b.WriteString(rest)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(word)
	}
	return b.String()
}

// short is a text in so many characters.
func short(text string, room int) string {
	if runes := []rune(text); len(runes) > room {
		return string(runes[:room-1]) + "…"
	}
	return text
}

// paragraph prints words on lines of 80 columns, all but the first set in.
func (s *session) paragraph(text string) {
	const columns = 80
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			fmt.Fprintln(s.out, line)
			line = "  " + word
			continue
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(s.out, line)
}
