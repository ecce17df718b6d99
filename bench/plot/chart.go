package plot

import (
	"errors"
	"fmt"
)

// draw draws a chart at x, y of a page.
func (c Chart) draw(p *canvas, x, y, width, height int, names []string) error {
	across, err := c.X.fit(c.values(func(p Point) float64 { return p.X }))
	if err != nil {
		return fmt.Errorf("x axis: %w", err)
	}
	up, err := c.Y.fit(c.values(func(p Point) float64 { return p.Y }))
	if err != nil {
		return fmt.Errorf("y axis: %w", err)
	}
	// The area of the lines, in pixels of the page.
	x0, y0 := float64(x+left), float64(y+top)
	w, h := float64(width-left-right), float64(height-top-bottom)
	p.text(x0+w/2, y0-10, c.Title, middle, 13)
	for _, t := range across.ticks {
		px := x0 + across.at(t.value)*w
		p.rule(px, y0, px, y0+h, "#e4e4e4")
		p.text(px, y0+h+15, t.label, middle, 11)
	}
	for _, t := range up.ticks {
		py := y0 + (1-up.at(t.value))*h
		p.rule(x0, py, x0+w, py, "#e4e4e4")
		p.text(x0-6, py+4, t.label, end, 11)
	}
	p.text(x0+w/2, y0+h+34, c.X.Label, middle, 12)
	p.upward(float64(x)+16, y0+h/2, c.Y.Label, 12)
	p.clip(x0, y0, w, h)
	drawn := false
	for _, l := range c.Lines {
		for _, part := range l.parts(across, up) {
			for i, q := range part {
				part[i] = Point{q.X * w, (1 - q.Y) * h}
			}
			p.polyline(simplify(part), strokeOf(names, l))
			drawn = true
		}
	}
	p.WriteString("</svg>\n")
	p.frame(x0, y0, w, h)
	if !drawn {
		return errors.New("no point can be drawn")
	}
	return nil
}

// values are one coordinate of all points of a chart.
func (c Chart) values(of func(Point) float64) (values []float64) {
	for _, l := range c.Lines {
		for _, p := range l.Points {
			values = append(values, of(p))
		}
	}
	return values
}

// parts splits a line at points that cannot be drawn. The coordinates of the result are
// fractions of the axes.
func (l Line) parts(across, up scale) (parts [][]Point) {
	unbroken := false
	for _, p := range l.Points {
		if !across.has(p.X) || !up.has(p.Y) {
			unbroken = false
			continue
		}
		if !unbroken {
			parts, unbroken = append(parts, nil), true
		}
		last := len(parts) - 1
		parts[last] = append(parts[last], Point{across.at(p.X), up.at(p.Y)})
	}
	return parts
}
