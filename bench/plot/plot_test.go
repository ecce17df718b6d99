package plot_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/bench/plot"
)

func draw(t *testing.T, f plot.Figure) string {
	t.Helper()
	var b strings.Builder
	if err := f.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b.String())
	return b.String()
}

func wellFormed(t interface{ Fatalf(string, ...any) }, svg string) {
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, svg)
		}
	}
}

// one is a figure with one chart.
func one(c plot.Chart) plot.Figure { return plot.Figure{Charts: []plot.Chart{c}} }

func line(points ...plot.Point) plot.Line { return plot.Line{Name: "a", Points: points} }

// labels are all texts of a picture, in order.
func labels(svg string) (all []string) {
	for _, m := range regexp.MustCompile(`<text [^>]*>([^<]*)</text>`).FindAllStringSubmatch(svg, -1) {
		all = append(all, m[1])
	}
	return all
}

func paths(svg string) (all []string) {
	for _, m := range regexp.MustCompile(`<path d="([^"]*)" fill="none"`).FindAllStringSubmatch(svg, -1) {
		all = append(all, m[1])
	}
	return all
}

func TestTicksAreRound(t *testing.T) {
	for name, c := range map[string]struct {
		axis     plot.Axis
		low, top float64
		want     []string
	}{
		"fitted":           {plot.Axis{}, 0.03, 0.91, []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}},
		"negative":         {plot.Axis{}, -3, 7, []string{"-4", "-2", "0", "2", "4", "6", "8"}},
		"given":            {plot.Axis{Min: 0, Max: 1}, 0.4, 0.6, []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}},
		"not round":        {plot.Axis{Min: 0.5, Max: 3.5}, 1, 2, []string{"0.5", "1", "1.5", "2", "2.5", "3", "3.5"}},
		"one value":        {plot.Axis{}, 4, 4, []string{"3", "3.5", "4", "4.5", "5"}},
		"decades":          {plot.Axis{Log: true}, 0.002, 40, []string{"10⁻³", "0.01", "0.1", "1", "10", "100"}},
		"many decades":     {plot.Axis{Log: true}, 1e-9, 1, []string{"10⁻⁹", "10⁻⁷", "10⁻⁵", "10⁻³", "0.1"}},
		"powers of ten":    {plot.Axis{Log: true}, 1, 1000, []string{"1", "10", "100", "1000"}},
		"within a decade":  {plot.Axis{Log: true}, 2, 3, []string{"1", "10"}},
		"one power of ten": {plot.Axis{Log: true}, 1e4, 1e4, []string{"10⁴", "10⁵"}},
	} {
		t.Run(name, func(t *testing.T) {
			svg := draw(t, one(plot.Chart{X: c.axis, Lines: []plot.Line{{Points: []plot.Point{{X: c.low, Y: 0}, {X: c.top, Y: 1}}}}}))
			if diff := cmp.Diff(c.want, labels(svg)[:len(c.want)]); diff != "" {
				t.Errorf("ticks (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPointsStandWhereTheyShould: the corners of the data are the corners of the area, which is
// 680 - 68 - 16 by 420 - 30 - 46 pixels.
func TestPointsStandWhereTheyShould(t *testing.T) {
	chart := plot.Chart{
		X:     plot.Axis{Min: 10, Max: 20},
		Y:     plot.Axis{Log: true},
		Lines: []plot.Line{line(plot.Point{X: 10, Y: 0.01}, plot.Point{X: 15, Y: 1}, plot.Point{X: 20, Y: 0.1})},
	}
	want := []string{"M0 344L298 0L596 172"}
	if diff := cmp.Diff(want, paths(draw(t, one(chart)))[:1]); diff != "" {
		t.Errorf("path (-want +got):\n%s", diff)
	}
}

func TestPointsThatCannotBeDrawnBreakTheLine(t *testing.T) {
	var points []plot.Point
	for i, y := range []float64{1, 2, math.NaN(), 3, math.Inf(1), 0, 4, 5, 6, -1} {
		points = append(points, plot.Point{X: float64(i), Y: y})
	}
	svg := draw(t, one(plot.Chart{Y: plot.Axis{Log: true}, Lines: []plot.Line{line(points...)}}))
	if n := len(paths(svg)) - 1; n != 2 || strings.Count(svg, "<circle") != 1 { // one path is the legend's
		t.Errorf("%d lines and %d dots, want 2 and 1:\n%s", n, strings.Count(svg, "<circle"), svg)
	}
}

func TestNamesStandOnceAndKeepTheirColour(t *testing.T) {
	a, b := plot.Point{X: 0, Y: 1}, plot.Point{X: 1, Y: 2}
	chart := plot.Chart{Title: "R & D <1>", Lines: []plot.Line{
		{Name: "measured", Points: []plot.Point{a, b}},
		{Name: "bound", Dashes: plot.Dashed, Points: []plot.Point{a, b}},
		{Points: []plot.Point{a, b}},
	}}
	other := chart
	other.Lines = chart.Lines[1:2]
	svg := draw(t, plot.Figure{Title: "both", Columns: 2, Charts: []plot.Chart{chart, other}})
	if n := strings.Count(strings.Join(labels(svg), "\n"), "bound"); n != 1 {
		t.Errorf("the name is in the picture %d times, want once", n)
	}
	// Twice in charts, once in the legend.
	if n := strings.Count(svg, `stroke="#d55e00" stroke-width="1.6" stroke-linejoin="round" stroke-dasharray="6 4"`); n != 3 {
		t.Errorf("%d lines have the stroke of the bound, want 3", n)
	}
	if !strings.Contains(svg, "R &amp; D &lt;1&gt;") {
		t.Error("a title is not escaped")
	}
}

// TestLongLinesAreShortened: a long line is drawn with few points, and no original point is more
// than half a pixel away from it.
func TestLongLinesAreShortened(t *testing.T) {
	var points []plot.Point
	for i := range 20_001 {
		points = append(points, plot.Point{X: float64(i) / 20_000, Y: math.Exp(-float64(i) / 3000)})
	}
	path := paths(draw(t, one(plot.Chart{X: plot.Axis{Max: 1}, Y: plot.Axis{Max: 1}, Lines: []plot.Line{line(points...)}})))[0]
	var kept []plot.Point
	for _, m := range regexp.MustCompile(`[ML](\S+) ([0-9.]+)`).FindAllStringSubmatch(path, -1) {
		x, errX := strconv.ParseFloat(m[1], 64)
		y, errY := strconv.ParseFloat(m[2], 64)
		if err := errors.Join(errX, errY); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, plot.Point{X: x / 596, Y: 1 - y/344})
	}
	if len(kept) < 10 || len(kept) > 100 {
		t.Errorf("%d points, want a few", len(kept))
	}
	i := 0
	for _, p := range points {
		for i < len(kept)-2 && kept[i+1].X < p.X {
			i++
		}
		a, b := kept[i], kept[i+1]
		y := a.Y + (b.Y-a.Y)*(p.X-a.X)/(b.X-a.X)
		if math.Abs(y-p.Y)*344 > 0.5 {
			t.Fatalf("at %v the line is drawn at %v, the point at %v", p.X, y, p.Y)
		}
	}
}

func TestWhatCannotBeDrawn(t *testing.T) {
	p := plot.Point{X: 1, Y: 1}
	for want, f := range map[string]plot.Figure{
		"without charts":         {},
		"x axis: no point":       one(plot.Chart{}),
		"y axis: no point":       one(plot.Chart{Y: plot.Axis{Log: true}, Lines: []plot.Line{line(plot.Point{X: 1, Y: -1})}}),
		`chart 1 "t": no point`:  one(plot.Chart{Title: "t", X: plot.Axis{Max: 1}, Y: plot.Axis{Max: 1}}),
		"limits 2 to 1":          one(plot.Chart{X: plot.Axis{Min: 2, Max: 1}, Lines: []plot.Line{line(p)}}),
		"limits 0 to 1, log":     one(plot.Chart{X: plot.Axis{Max: 1, Log: true}, Lines: []plot.Line{line(p)}}),
		"x axis: limits NaN to ": one(plot.Chart{X: plot.Axis{Min: math.NaN(), Max: 1}, Lines: []plot.Line{line(p)}}),
	} {
		if err := f.WriteSVG(io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
	if err := one(plot.Chart{Lines: []plot.Line{line(p)}}).WriteSVG(full{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got error %v of a writer that fails", err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// TestAnyFigureIsWellFormed: for any numbers and texts, the picture is well-formed XML with valid
// numbers only, or there is an error.
func TestAnyFigureIsWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-10, 10), rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), math.MaxFloat64, -math.MaxFloat64, 5e-324}))
		f := plot.Figure{Title: rapid.String().Draw(t, "title"), Columns: rapid.IntRange(-1, 4).Draw(t, "columns")}
		for range rapid.IntRange(1, 3).Draw(t, "charts") {
			c := plot.Chart{X: plot.Axis{Log: rapid.Bool().Draw(t, "log")}, Y: plot.Axis{Label: rapid.String().Draw(t, "label")}}
			for i := range rapid.IntRange(0, 3).Draw(t, "lines") {
				l := plot.Line{Name: fmt.Sprint(i)}
				for range rapid.IntRange(0, 9).Draw(t, "points") {
					l.Points = append(l.Points, plot.Point{X: number.Draw(t, "x"), Y: number.Draw(t, "y")})
				}
				c.Lines = append(c.Lines, l)
			}
			f.Charts = append(f.Charts, c)
		}
		var b strings.Builder
		if err := f.WriteSVG(&b); err != nil {
			if !strings.Contains(err.Error(), "can be drawn") && !strings.Contains(err.Error(), "limits") {
				t.Fatalf("%v", err)
			}
			return
		}
		wellFormed(t, b.String())
		for _, path := range paths(b.String()) {
			if strings.Contains(path, "NaN") || strings.Contains(path, "Inf") {
				t.Fatalf("path %s", path)
			}
		}
	})
}
