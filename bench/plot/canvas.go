package plot

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// canvas is the text of an SVG picture (SVG 1.1, W3C 2011), in pixels, y downward.
type canvas struct{ strings.Builder }

// The anchors of a text.
const (
	start  = "start"
	middle = "middle"
	end    = "end"
)

func (p *canvas) open(width, height int) {
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" fill="#222">`+"\n"+
		`<rect width="100%%" height="100%%" fill="#fff"/>`+"\n", width, height, width, height)
}

// clip opens an area that hides what is drawn outside its edges.
func (p *canvas) clip(x, y, width, height float64) {
	fmt.Fprintf(p, `<svg x="%s" y="%s" width="%s" height="%s">`+"\n", number(x), number(y), number(width), number(height))
}

func (p *canvas) frame(x, y, width, height float64) {
	fmt.Fprintf(p, `<rect x="%s" y="%s" width="%s" height="%s" fill="none" stroke="#888"/>`+"\n", number(x), number(y), number(width), number(height))
}

// box draws a filled area without a border.
func (p *canvas) box(x, y, width, height float64, colour string) {
	fmt.Fprintf(p, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`+"\n", number(x), number(y), number(width), number(height), colour)
}

func (p *canvas) rule(x1, y1, x2, y2 float64, colour string) {
	fmt.Fprintf(p, `<path d="M%s %sL%s %s" stroke="%s"/>`+"\n", number(x1), number(y1), number(x2), number(y2), colour)
}

func (p *canvas) text(x, y float64, text, anchor string, size int) {
	if text != "" {
		fmt.Fprintf(p, `<text x="%s" y="%s" text-anchor="%s" font-size="%d">%s</text>`+"\n", number(x), number(y), anchor, size, escape(text))
	}
}

// upward draws a centred text that is rotated to read upward.
func (p *canvas) upward(x, y float64, text string, size int) {
	if text != "" {
		fmt.Fprintf(p, `<text transform="translate(%s %s) rotate(-90)" text-anchor="middle" font-size="%d">%s</text>`+"\n", number(x), number(y), size, escape(text))
	}
}

// stroke is the colour and the dashes of a line.
type stroke struct{ colour, dashes string }

// colourOf is the colour of a name: one of Okabe and Ito 2002, which colour-blind people can
// distinguish. After eight names the colours repeat.
func colourOf(names []string, name string) string {
	colours := []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#b5a500"}
	if i := slices.Index(names, name); i >= 0 {
		return colours[i%len(colours)]
	}
	return "#999999"
}

// strokeOf is the stroke of a line.
func strokeOf(names []string, l Line) stroke {
	s := stroke{colour: colourOf(names, l.Name)}
	switch l.Dashes {
	case Dashed:
		s.dashes = "6 4"
	case Dotted:
		s.dashes = "2 3"
	case Solid:
	}
	return s
}

// polyline draws a line, or a dot if there is only one point.
func (p *canvas) polyline(points []Point, s stroke) {
	if len(points) == 1 {
		fmt.Fprintf(p, `<circle cx="%s" cy="%s" r="4" fill="%s"/>`+"\n", number(points[0].X), number(points[0].Y), s.colour)
		return
	}
	p.WriteString(`<path d="`)
	for i, q := range points {
		command := byte('L')
		if i == 0 {
			command = 'M'
		}
		p.WriteByte(command)
		p.WriteString(number(q.X) + " " + number(q.Y))
	}
	fmt.Fprintf(p, `" fill="none" stroke="%s" stroke-width="1.6" stroke-linejoin="round"`, s.colour)
	if s.dashes != "" {
		fmt.Fprintf(p, ` stroke-dasharray="%s"`, s.dashes)
	}
	p.WriteString("/>\n")
}

// number is the text of a coordinate, rounded to a tenth of a pixel and limited to a range far
// outside the page.
func number(v float64) string {
	v = min(max(v, -1e5), 1e5)
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	return b.String()
}

// textWidth estimates the width of a text, rather too large than too small.
func textWidth(text string, size int) int {
	return utf8.RuneCountInString(text) * size * 6 / 10
}
