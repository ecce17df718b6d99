package plot

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// Bars is a page of stacked horizontal bars, one below the other. Parts with the same name
// have the same colour and one entry in the legend.
type Bars struct {
	Title string // empty: no title
	Label string // what is measured, and its unit
	Rows  []Bar
}

// Bar is a bar with its name on the left and its sum on the right.
type Bar struct {
	Name  string
	Slim  bool // belongs to the bar above it
	Parts []Part
	Mark  float64 // value at which a line crosses the bar; 0: no line
}

// Part is a part of a bar. It begins where the part before ends. Its value is not negative.
type Part struct {
	Name  string
	Value float64
}

// Sizes in pixels, of bars.
const (
	barsWide  = 760
	barsLeft  = 210 // for names
	barsRight = 60  // for sums
	fat, slim = 22, 10
	barsGap   = 14 // above a bar that is not slim
)

// WriteSVG draws the bars. It fails if there are none, or if a value cannot be drawn.
func (f Bars) WriteSVG(w io.Writer) error {
	across, err := f.fit()
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	page, y := canvas{}, 0
	if f.Title != "" {
		page.text(barsWide/2, heading-10, f.Title, middle, 15)
		y = heading
	}
	high := barsGap
	for _, r := range f.Rows {
		high += r.high()
	}
	const width = barsWide - barsLeft - barsRight
	at := func(v float64) float64 { return barsLeft + across.at(v)*width }
	for _, t := range across.ticks {
		page.rule(at(t.value), float64(y), at(t.value), float64(y+high), "#e4e4e4")
		page.text(at(t.value), float64(y+high+15), t.label, middle, 11)
	}
	page.text(barsLeft+width/2, float64(y+high+34), f.Label, middle, 12)
	names := f.names()
	for _, r := range f.Rows {
		y += r.high()
		thick, size := fat, 12
		if r.Slim {
			thick, size = slim, 10
		}
		top, sum := float64(y-thick), 0.0
		for _, part := range r.Parts {
			page.box(at(sum), top, at(sum+part.Value)-at(sum), float64(thick), colourOf(names, part.Name))
			sum += part.Value
		}
		base := top + float64(thick+size)/2 - 2
		page.text(barsLeft-8, base, r.Name, end, size)
		page.text(at(sum)+6, base, fmt.Sprintf("%.0f", sum), start, size)
		if r.Mark > 0 {
			page.rule(at(r.Mark), top-4, at(r.Mark), top+float64(thick), "#000000")
		}
	}
	y += barsGap + bottom
	y += f.legend(&page, y, names)
	sheet := canvas{}
	sheet.open(barsWide, y)
	sheet.WriteString(page.String())
	sheet.WriteString("</svg>\n")
	_, err = io.WriteString(w, sheet.String())
	return err
}

func (b Bar) high() int {
	if b.Slim {
		return 2 + slim
	}
	return barsGap + fat
}

// fit finds the axis of all bars, which begins at 0.
func (f Bars) fit() (scale, error) {
	if len(f.Rows) == 0 {
		return scale{}, errors.New("there are no bars")
	}
	ends := []float64{0}
	for _, r := range f.Rows {
		sum := 0.0
		for _, part := range r.Parts {
			if !(part.Value >= 0 && part.Value <= largest) {
				return scale{}, fmt.Errorf("bar %q: %s of %v cannot be drawn", r.Name, part.Name, part.Value)
			}
			sum += part.Value
		}
		ends = append(ends, sum, max(0, r.Mark))
	}
	if slices.Max(ends) == 0 {
		return scale{}, errors.New("every bar is empty")
	}
	return Axis{}.fit(ends)
}

// names lists the names of all parts, in the order of their first appearance.
func (f Bars) names() (names []string) {
	for _, r := range f.Rows {
		for _, part := range r.Parts {
			if !slices.Contains(names, part.Name) {
				names = append(names, part.Name)
			}
		}
	}
	return names
}

// legend draws the names in as many rows as they need, and returns its height.
func (f Bars) legend(p *canvas, y int, names []string) int {
	const sample, gap, from = 18, 18, 20
	x, rows := from, 1
	for _, name := range names {
		length := sample + textWidth(name, 12) + gap
		if x > from && x+length > barsWide {
			x, rows = from, rows+1
		}
		line := float64(y + rows*entryHigh - entryHigh/2)
		p.box(float64(x), line-6, 12, 12, colourOf(names, name))
		p.text(float64(x+sample), line+4, name, start, 12)
		x += length
	}
	return rows*entryHigh + 10
}
