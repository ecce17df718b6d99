package terminal_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/terminal"
	"github.com/althing-network/althing/view"
)

// environment is a getenv that knows these variables only.
func environment(variables ...string) func(string) string {
	return func(name string) string {
		for _, v := range variables {
			if value, found := strings.CutPrefix(v, name+"="); found {
				return value
			}
		}
		return ""
	}
}

// TestPipe: a pipe gets no colour, no cursor movement and, unless COLUMNS is set, lines of
// any length.
func TestPipe(t *testing.T) {
	var out bytes.Buffer
	s := terminal.New(&out, environment("LANG=de_DE.UTF-8", "TERM=xterm"))
	if s.Colour || s.Live || s.UTF8 || s.Columns != 0 {
		t.Errorf("a pipe is taken for a terminal: %+v", s)
	}
	s.Redraw(view.Cells("progress")...)
	if err := s.PrintTone(view.Good, strings.Repeat("word ", 40)+"…"); err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("word ", 40) + "...\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	if s := terminal.New(&out, environment("COLUMNS=72")); s.Columns != 72 {
		t.Errorf("COLUMNS=72 is not used: %+v", s)
	}
	if s := terminal.New(&out, environment("COLUMNS=0")); s.Columns != 0 {
		t.Errorf("COLUMNS=0 is used: %+v", s)
	}
}

// TestPlain: what other people wrote cannot move the cursor, and ASCII is all that a terminal
// without UTF-8 gets.
func TestPlain(t *testing.T) {
	const text = "a\x1b[31m\u202e\u009b ε → … ▁█ Größe"
	for name, c := range map[string]struct {
		screen terminal.Screen
		want   string
	}{
		"UTF-8":            {terminal.Screen{UTF8: true, Live: true}, "a?[31m?? ε → … ▁█ Größe"},
		"terminal, ASCII":  {terminal.Screen{Live: true}, "a?[31m?? epsilon -> ... 18 Gr??e"},
		"pipe to programs": {terminal.Screen{}, "a?[31m?? epsilon -> ... 18 Größe"},
	} {
		if got := c.screen.Plain(text); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestRedraw: the region is drawn over, never wider or higher than the terminal, and erased
// before a line is printed.
func TestRedraw(t *testing.T) {
	var out bytes.Buffer
	s := terminal.Screen{Out: &out, Live: true, Columns: 40, Lines: 3}
	s.Redraw(view.Cells("one", "two", strings.Repeat("wide", 11))...)
	s.Redraw(view.Cells("three")...)
	if err := s.Print("done"); err != nil {
		t.Fatal(err)
	}
	s.Redraw(view.Cells("four")...)
	s.Keep()
	s.Redraw(view.Cells("five")...)
	want := "two\n" + strings.Repeat("wide", 10) + "\n" + "\x1b[2A\x1b[Jthree\n" + "\x1b[1A\x1b[Jdone\n" + "four\nfive\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRedrawNarrower: what a terminal has broken into more lines when it became narrower is
// erased as a whole.
func TestRedrawNarrower(t *testing.T) {
	var out bytes.Buffer
	s := terminal.Screen{Out: &out, Live: true, Columns: 80, Lines: 24}
	s.Redraw(view.Cells(strings.Repeat("x", 80), "short", "")...)
	s.Columns = 40
	s.Redraw(view.Cells("next")...)
	if want := strings.Repeat("x", 80) + "\nshort\n\n\x1b[4A\x1b[Jnext\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestRedrawColour: a line of the region has the colour of its tone, which takes no columns.
func TestRedrawColour(t *testing.T) {
	var out bytes.Buffer
	s := terminal.Screen{Out: &out, Live: true, Colour: true, Columns: 40, Lines: 24}
	s.Redraw(view.Cell{Text: strings.Repeat("x", 50), Tone: view.Bad}, view.Cell{Text: "y"})
	s.Redraw()
	if want := "\x1b[31m" + strings.Repeat("x", 40) + "\x1b[0m\ny\n\x1b[2A\x1b[J"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestBarWidth: a bar is as wide as the screen leaves room for, and its text still fits into 80
// columns.
func TestBarWidth(t *testing.T) {
	bar := view.Bar{Label: "quorum", Done: 1, All: 2, Text: "12.5%    of 33.4% at least, 2 voters"}
	for columns, want := range map[int]int{0: 30, 40: 10, 60: 10, 80: 30, 100: 50, 160: 60} {
		s := terminal.Screen{Columns: columns}
		text := s.Bar(bar, 8).Text
		if got := strings.IndexByte(text, ']') - strings.IndexByte(text, '[') - 1; got != want {
			t.Errorf("with %d columns a bar is %d wide, want %d", columns, got, want)
		}
		if columns == 80 && len(text) > columns {
			t.Errorf("%q is wider than %d columns", text, columns)
		}
	}
}

func TestParagraph(t *testing.T) {
	var out bytes.Buffer
	s := terminal.Screen{Out: &out, Columns: 40}
	if err := s.Paragraph("note: " + strings.Repeat("some words ", 8)); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 41 {
			t.Errorf("%q is wider than 40 columns", line)
		}
	}
	if got := strings.Count(out.String(), "\n  "); got != 2 {
		t.Errorf("%d lines are indented, want 2:\n%s", got, out.String())
	}
}

// TestPrintWrapped: a line that is too wide breaks between its fields, and goes on under its
// text; a word that is wider than the screen is not cut.
func TestPrintWrapped(t *testing.T) {
	var out bytes.Buffer
	s := terminal.Screen{Out: &out, Columns: 40}
	err := s.PrintWrapped(view.Neutral, 4, "one  "+strings.Repeat("two ", 7)+" three and four", "short", strings.Repeat("x", 50)+" y z")
	if err != nil {
		t.Fatal(err)
	}
	want := "one  " + strings.TrimSpace(strings.Repeat("two ", 7)) + "\n    three and four\nshort\n" + strings.Repeat("x", 50) + "\n    y z\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
