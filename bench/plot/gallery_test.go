package plot_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/althing-network/althing/bench/plot"
)

func TestGallery(t *testing.T) {
	p := plot.Picture{Width: 2, Cells: []float64{0, 1, 7, math.NaN()}}
	f := plot.Gallery{Title: "two & two", Columns: []string{"a", "b"}, Rows: []plot.Strip{{Name: "one", Pictures: []plot.Picture{p, p}}}}
	var b strings.Builder
	if err := f.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	// The second cell is black, and so is the third, whose value is beyond 1. Each picture has
	// one path.
	if text := b.String(); strings.Count(text, `fill="#000000"`) != 2 || !strings.Contains(text, `"M118 60h8v8h-8zM110 68h8v8h-8z"`) || !strings.Contains(text, "two &amp; two") {
		t.Errorf("the picture:\n%s", text)
	}
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for what, bad := range map[string]plot.Gallery{
		"has no pictures":   {},
		"1 pictures for 2":  {Columns: []string{"a", "b"}, Rows: []plot.Strip{{Pictures: []plot.Picture{p}}}},
		"in rows of 3":      {Columns: []string{"a"}, Rows: []plot.Strip{{Pictures: []plot.Picture{{Width: 3, Cells: p.Cells}}}}},
		"beside those of 1": {Columns: []string{"a", "b"}, Rows: []plot.Strip{{Pictures: []plot.Picture{p, {Width: 1, Cells: p.Cells}}}}},
	} {
		if err := bad.WriteSVG(io.Discard); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want an error with %q", err, what)
		}
	}
}
