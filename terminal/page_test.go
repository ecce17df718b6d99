package terminal_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

func drawn(t *testing.T, s terminal.Screen, parts ...view.Part) string {
	t.Helper()
	var out bytes.Buffer
	s.Out = &out
	if err := s.Page(view.Page{Parts: parts}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestLabels: texts stand below each other, go on under themselves, and share the width of
// their labels with bars.
func TestLabels(t *testing.T) {
	var p view.Part
	p.Row("task", "1 digits")
	p.Row("privacy", "holds against everybody but the aggregators of the round")
	p.Row("", view.Cell{Text: "second line", Tone: view.Bad})
	p.Bars = []view.Bar{{Label: "quorum", Done: 1, All: 2, Text: "50%"}, {Label: "as is", Text: "would pass"}}
	want := `task     1 digits
privacy  holds against everybody
         but the aggregators of
         the round
         second line
quorum   [=====     ] 50%
as is    would pass
`
	if diff := cmp.Diff(want, drawn(t, terminal.Screen{Columns: 34}, p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTable: a table that is too wide gets narrower where it is widest; texts wrap, and
// addresses lose their middle.
func TestTable(t *testing.T) {
	address := "althing1lka74t2z438cfmplfgghqw5cqaw8jhv4drm684"
	p := view.Part{Head: []string{"TASK", "NAME", "OWNER", "NOTE"}}
	p.Row(1, "digits", address, "no meaningful privacy, and some more words")
	p.Row(12, "-", address, "-")
	if got, want := drawn(t, terminal.Screen{}, p), "TASK  NAME    OWNER                                           NOTE\n"+
		"1     digits  "+address+"  no meaningful privacy, and some more words\n"+
		"12    -       "+address+"  -\n"; got != want {
		t.Errorf("without a width (-want +got):\n%s", cmp.Diff(want, got))
	}
	want := `TASK  NAME    OWNER                   NOTE
1     digits  althing1lk...hv4drm684  no meaningful privacy,
                                      and some more words
12    -       althing1lk...hv4drm684  -
`
	got := drawn(t, terminal.Screen{Columns: 60}, p)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("60 columns (-want +got):\n%s", diff)
	}
}

// TestRecords: a table that cannot get narrow enough is drawn row by row, and no number loses
// a digit.
func TestRecords(t *testing.T) {
	p := view.Part{Head: []string{"TASK", "ESCROW", "PAID"}}
	p.Row(1, "123456789012345 THING", "123456789012345 THING")
	p.Row(2, "5 THING", "-")
	want := `TASK    1
ESCROW  123456789012345 THING
PAID    123456789012345 THING

TASK    2
ESCROW  5 THING
PAID    -
`
	if diff := cmp.Diff(want, drawn(t, terminal.Screen{Columns: 36}, p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	//nolint:dupword // cells that wrap
	narrow := `TASK  ESCROW           PAID
1     123456789012345  123456789012345
      THING            THING
2     5 THING          -
`
	if diff := cmp.Diff(narrow, drawn(t, terminal.Screen{Columns: 38}, p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPlainPage: without UTF-8, colour and redrawing, a page is ASCII without escape codes,
// and has no plots.
func TestPlainPage(t *testing.T) {
	p := view.Part{Title: "Title", Text: "a → b"}
	p.Row("label", view.Cell{Text: "▁█ text…", Tone: view.Good})
	curve := view.Part{Plot: &view.Plot{Values: []float64{1, 3, 2}, Height: 3, Width: 20, Caption: "ε by round"}, Drawing: true}
	if got, want := drawn(t, terminal.Screen{}, p, curve), "Title\nlabel  18 text...\na -> b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	plot := drawn(t, terminal.Screen{Live: true, Columns: 80}, p, curve)
	if i := strings.IndexFunc(plot, func(r rune) bool { return r > unicode.MaxASCII || r < ' ' && r != '\n' }); i >= 0 {
		t.Errorf("the plot is not ASCII from %q on", plot[i:])
	}
	if !strings.Contains(plot, "epsilon by round") {
		t.Errorf("no plot is drawn:\n%s", plot)
	}
	coloured := drawn(t, terminal.Screen{Live: true, UTF8: true, Colour: true, Columns: 80}, p)
	for _, part := range []string{"\x1b[1mTitle\x1b[0m", "\x1b[32m▁█ text…\x1b[0m", "a → b"} {
		if !strings.Contains(coloured, part) {
			t.Errorf("want %q in\n%s", part, coloured)
		}
	}
}

// TestWidth: characters that take two columns are counted as two.
func TestWidth(t *testing.T) {
	p := view.Part{Head: []string{"NAME", "ROWS"}}
	p.Row("日本", 1)
	p.Row("abcd", 2)
	if got, want := drawn(t, terminal.Screen{UTF8: true}, p), "NAME  ROWS\n日本  1\nabcd  2\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
