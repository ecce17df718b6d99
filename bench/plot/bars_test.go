package plot_test

import (
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/althing-network/althing/bench/plot"
)

func TestBars(t *testing.T) {
	f := plot.Bars{Title: "time", Label: "ms", Rows: []plot.Bar{
		{Name: "a", Mark: 40, Parts: []plot.Part{{Name: "pause", Value: 30}, {Name: "votes", Value: 20}}},
		{Name: "b", Slim: true, Parts: []plot.Part{{Name: "votes", Value: 100}}},
	}}
	var b strings.Builder
	if err := f.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b.String())
	// The axis from 0 to 100 is 490 pixels wide and begins at 210; after the bars come the
	// samples of the legend.
	var got []string
	for _, m := range regexp.MustCompile(`<rect x="([0-9.]+)" y="[0-9.]+" width="([0-9.]+)" height="([0-9.]+)" fill="(#\w+)"`).FindAllStringSubmatch(b.String(), -1) {
		got = append(got, strings.Join(m[1:], " "))
	}
	want := []string{"210 147 22 #0072b2", "357 98 22 #d55e00", "210 490 10 #d55e00", "20 12 12 #0072b2", "92 12 12 #d55e00"}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("boxes %q, want %q", got, want)
	}
	if !strings.Contains(b.String(), `<path d="M406 `) {
		t.Errorf("no mark at 40 in\n%s", b.String())
	}
}

func TestBarsThatCannotBeDrawn(t *testing.T) {
	bar := func(v float64) []plot.Bar { return []plot.Bar{{Name: "a", Parts: []plot.Part{{Name: "p", Value: v}}}} }
	for want, rows := range map[string][]plot.Bar{
		"there are no bars":              nil,
		"every bar is empty":             bar(0),
		"p of -1 cannot be drawn":        bar(-1),
		"p of NaN cannot be drawn":       bar(math.NaN()),
		`bar "a": p of +Inf cannot be d`: bar(math.Inf(1)),
	} {
		if err := (plot.Bars{Rows: rows}).WriteSVG(io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}
