package view

import "fmt"

// Page is what is shown of one thing, part by part from top to bottom.
type Page struct {
	Parts []Part
	// Hints are commands that may come next, each as its words without "althing":
	// {"round", "watch", "1"}. The command line adds --rpc and --home.
	Hints [][]string
}

// Part is one block of a page: its title, its rows, its bars, its plot and its text, in this
// order. Each of them may be missing.
type Part struct {
	Title string
	// Head has the names of the columns. Where it is nil, a row is a label and a text; an
	// empty label continues the row above.
	Head []string
	Rows [][]Cell
	Bars []Bar
	Plot *Plot
	Text string // one paragraph for each line
	// Drawing says that the part only illustrates: it is left out where it cannot be drawn
	// well, as in a pipe.
	Drawing bool
}

// Cell is a text in a row.
type Cell struct {
	Text string
	Tone Tone
}

// Cells are lines of text in a neutral tone.
func Cells(lines ...string) []Cell {
	cells := make([]Cell, len(lines))
	for i, line := range lines {
		cells[i].Text = line
	}
	return cells
}

// Tone says whether a text is good or bad news. A terminal shows it as a colour.
type Tone int

// The tones of a cell.
const (
	Neutral Tone = iota
	Good
	Bad
)

// Bar is a part of a whole: Done of All. A bar of nothing is a label and a text.
type Bar struct {
	Label     string
	Done, All uint64
	Text      string // stands behind the bar
	Tone      Tone   // of the bar and its text
}

// Plot is a curve through values.
type Plot struct {
	Values   []float64
	FromZero bool // the axis begins at 0, and not at the smallest value
	Decimals uint // of the numbers at the axis
	Width    int  // columns, at most
	Height   int  // lines
	Caption  string
}

// Row adds a row. A value that is not a [Cell] is shown as [fmt.Sprint] writes it.
func (p *Part) Row(values ...any) {
	cells := make([]Cell, len(values))
	for i, v := range values {
		if cell, ok := v.(Cell); ok {
			cells[i] = cell
		} else {
			cells[i] = Cell{Text: fmt.Sprint(v)}
		}
	}
	p.Rows = append(p.Rows, cells)
}

// Table makes a table of things, one row for each.
func Table[T any](head []string, things []T, row func(T) []any) Part {
	p := Part{Head: head}
	for _, thing := range things {
		p.Row(row(thing)...)
	}
	return p
}

// of makes a page of parts, without those that are empty.
func of(parts ...Part) (page Page) {
	for _, p := range parts {
		if p.Title != "" || p.Head != nil || len(p.Rows) > 0 || len(p.Bars) > 0 || p.Plot != nil || p.Text != "" {
			page.Parts = append(page.Parts, p)
		}
	}
	return page
}
