package plot

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// Figure is a page of charts in rows, with one title above and one legend below. Lines with
// the same name have the same colour in all charts and one entry in the legend.
type Figure struct {
	Title   string // empty: no title
	Columns int    // charts per row; 0 means 1
	Charts  []Chart
}

// Chart has lines and a pair of axes.
type Chart struct {
	Title string // empty: no title
	X, Y  Axis
	Lines []Line // later ones are drawn over earlier ones
}

// Line is a polyline through points. A point that cannot be drawn breaks the line: one that
// is not finite, beyond 10^300, or not positive on a logarithmic axis. A single point is
// drawn as a dot.
type Line struct {
	Name   string // in the legend; empty: not in the legend, and grey
	Dashes Dashes
	Points []Point
}

// Point is in the units of the axes.
type Point struct{ X, Y float64 }

// Dashes is the pattern of a line, to distinguish lines without colours.
type Dashes int

// The dashes a line may have.
const (
	Solid Dashes = iota
	Dashed
	Dotted
)

// Sizes in pixels: of a chart alone in its row and of one next to others, and of the margins
// around the area of its lines.
const (
	wide, wideHigh     = 680, 420
	narrow, narrowHigh = 350, 250
	left, right        = 68, 16
	top, bottom        = 30, 46
	heading            = 34 // of a figure
	entryHigh          = 20 // of the legend
)

// WriteSVG draws the figure. It fails if there is no chart, if a chart has no point that can
// be drawn, or if the limits of an axis are invalid.
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

// names lists the names of all lines, in the order of their first appearance.
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

// line is the first line with a name.
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
