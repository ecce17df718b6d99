package plot

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// Figure is a page of charts in rows, under one title and over one legend. Lines
// of the same name have the same colour in all charts, and stand once in the
// legend.
type Figure struct {
	Title   string // none where it is empty
	Columns int    // charts in a row; 0 is 1
	Charts  []Chart
}

// Chart is lines over a pair of axes.
type Chart struct {
	Title string // none where it is empty
	X, Y  Axis
	Lines []Line // later ones are drawn over earlier ones
}

// Line is a polyline through points. A point that is not finite, or not positive
// where the axis is logarithmic, is left out and breaks the line, and so is one
// beyond 10^300. A single point is drawn as a dot.
type Line struct {
	Name   string // in the legend; empty: not in the legend, and grey
	Dashes Dashes
	Points []Point
}

// Point is in the units of the axes.
type Point struct{ X, Y float64 }

// Dashes are how a line is broken, to tell lines apart without colours.
type Dashes int

// The dashes a line may have.
const (
	Solid Dashes = iota
	Dashed
	Dotted
)

// Sizes in pixels: of a chart alone in its row and beside others, and of what
// stands around the area of its lines.
const (
	wide, wideHigh     = 680, 420
	narrow, narrowHigh = 350, 250
	left, right        = 68, 16
	top, bottom        = 30, 46
	heading            = 34 // of a figure
	entryHigh          = 20 // of the legend
)

// WriteSVG draws the figure. It fails when there is no chart, when a chart has no
// point that can be drawn, and when the limits of an axis make no sense.
func (f Figure) WriteSVG(w io.Writer) error {
	if len(f.Charts) == 0 {
		return errors.New("plot: a figure without charts")
	}
	columns := min(max(f.Columns, 1), len(f.Charts))
	width, height := narrow, narrowHigh
	if columns == 1 {
		width, height = wide, wideHigh
	}
	charts := canvas{}
	y := 0
	if f.Title != "" {
		charts.text(float64(columns*width)/2, heading-10, f.Title, middle, 15)
		y = heading
	}
	names := f.names()
	for i, c := range f.Charts {
		if err := c.draw(&charts, i%columns*width, y+i/columns*height, width, height, names); err != nil {
			return fmt.Errorf("plot: chart %d %q: %w", i+1, c.Title, err)
		}
	}
	y += (len(f.Charts) + columns - 1) / columns * height
	y += f.legend(&charts, y, columns*width, names)
	page := canvas{}
	page.open(columns*width, y)
	page.WriteString(charts.String())
	page.WriteString("</svg>\n")
	_, err := io.WriteString(w, page.String())
	return err
}

// names lists the names of all lines, in the order they first appear in.
func (f Figure) names() (names []string) {
	for _, c := range f.Charts {
		for _, l := range c.Lines {
			if l.Name != "" && !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	return names
}

// legend draws the names in as many rows as they need, and returns its height.
func (f Figure) legend(p *canvas, y, width int, names []string) int {
	const sample, gap = 28, 22
	x, rows := left, 1
	for _, name := range names {
		length := sample + textWidth(name, 12) + gap
		if x > left && x+length > width {
			x, rows = left, rows+1
		}
		middleLine := float64(y + rows*entryHigh - entryHigh/2)
		like, shown := f.line(name), []Point{{float64(x), middleLine}, {float64(x + sample - 6), middleLine}}
		if len(like.Points) == 1 {
			shown = []Point{{float64(x + (sample-6)/2), middleLine}}
		}
		p.polyline(shown, strokeOf(names, like))
		p.text(float64(x+sample), middleLine+4, name, start, 12)
		x += length
	}
	if len(names) == 0 {
		return 0
	}
	return rows*entryHigh + 10
}

// line is the first line of a name.
func (f Figure) line(name string) Line {
	for _, c := range f.Charts {
		for _, l := range c.Lines {
			if l.Name == name {
				return l
			}
		}
	}
	return Line{}
}
