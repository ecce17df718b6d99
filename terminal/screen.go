package terminal

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/althing-network/althing/view"
)

// Screen is where a command prints for people. The zero value with Out draws as for a pipe.
type Screen struct {
	Out     io.Writer
	Columns int  // width; 0: lines may have any length
	Lines   int  // height; 0: unknown
	Colour  bool // colours are shown
	UTF8    bool // characters beyond ASCII are shown
	Live    bool // lines can be redrawn

	tty   *os.File // asked for its size before each drawing, if it is set
	drawn []int    // columns of each line of the region that is redrawn
}

// New describes the terminal or the pipe behind a stream. It reads NO_COLOR, TERM, COLUMNS,
// LC_ALL, LC_CTYPE and LANG with getenv, which is [os.Getenv] or a replacement.
func New(out io.Writer, getenv func(string) string) *Screen {
	s := &Screen{Out: out}
	if columns, err := strconv.Atoi(getenv("COLUMNS")); err == nil && columns > 0 {
		s.Columns = max(leastColumns, columns)
	}
	file, isFile := out.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return s
	}
	smart := getenv("TERM") != "dumb"
	s.Live = smart
	s.Colour = smart && getenv("NO_COLOR") == ""
	s.UTF8 = smart && isUTF8(getenv)
	if s.Columns == 0 {
		s.tty = file
		s.measure()
	}
	return s
}

// The width of a terminal that does not tell its width, and the smallest width that is drawn
// for.
const (
	usualColumns = 80
	leastColumns = 40
)

// measure asks the terminal for its size, which may have changed.
func (s *Screen) measure() {
	if s.tty == nil {
		return
	}
	s.Columns, s.Lines = usualColumns, 0
	if columns, lines, err := term.GetSize(int(s.tty.Fd())); err == nil && columns > 0 {
		s.Columns, s.Lines = max(leastColumns, columns), lines
	}
}

// isUTF8 reports whether the locale of the environment has UTF-8.
func isUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := getenv(name); locale != "" {
			locale = strings.ReplaceAll(strings.ToLower(locale), "-", "")
			return strings.HasSuffix(locale, "utf8") || strings.Contains(locale, "utf8@")
		}
	}
	return false
}

// Print erases the region that is redrawn, and prints lines, each as [Screen.Plain] makes it.
func (s *Screen) Print(lines ...string) error { return s.PrintTone(view.Neutral, lines...) }

// PrintTone is [Screen.Print] in the colour of a tone.
func (s *Screen) PrintTone(tone view.Tone, lines ...string) error {
	s.Erase()
	for _, line := range lines {
		if _, err := fmt.Fprintln(s.Out, s.Paint(tone, s.Plain(line))); err != nil {
			return err
		}
	}
	return nil
}

// PrintWrapped is [Screen.PrintTone] for lines that may be wider than the screen. The rest of
// such a line follows on the next one, indented by indent columns. Lines break at two spaces,
// which separate fields, if they can.
func (s *Screen) PrintWrapped(tone view.Tone, indent int, lines ...string) error {
	s.measure()
	var wrapped []string
	for _, line := range lines {
		line = s.Plain(line)
		for s.Columns > 0 && columns(line) > s.Columns {
			head := cut(line, s.Columns)
			if at := strings.LastIndex(head, "  "); at > indent {
				head = line[:at]
			} else {
				head = wrap(line, s.Columns)[0]
			}
			rest := strings.TrimLeft(line[len(head):], " ")
			if rest == "" {
				break
			}
			wrapped = append(wrapped, strings.TrimRight(head, " "))
			line = strings.Repeat(" ", indent) + rest
		}
		wrapped = append(wrapped, line)
	}
	return s.PrintTone(tone, wrapped...)
}

// Paragraph prints a text in lines that fit, all but the first indented by two spaces.
func (s *Screen) Paragraph(text string) error {
	s.measure()
	columns := s.Columns
	if columns == 0 {
		columns = usualColumns
	}
	for i, line := range wrap(s.Plain(text), columns-2) {
		if i > 0 {
			line = "  " + line
		}
		if _, err := fmt.Fprintln(s.Out, line); err != nil {
			return err
		}
	}
	return nil
}

// Redraw replaces the region at the end of the screen by lines, each in the colour of its tone.
// Each line is cut at the width of the terminal, because a wrapped line could not be drawn over.
// Where lines cannot be redrawn, nothing is printed.
func (s *Screen) Redraw(lines ...view.Cell) {
	if !s.Live {
		return
	}
	s.measure()
	if s.Lines > 1 && len(lines) >= s.Lines {
		lines = lines[len(lines)-s.Lines+1:]
	}
	var text strings.Builder
	text.WriteString(s.eraseCode())
	s.drawn = nil
	for _, line := range lines {
		shown := cut(s.Plain(line.Text), s.Columns)
		s.drawn = append(s.drawn, columns(shown))
		text.WriteString(s.Paint(line.Tone, shown) + "\n")
	}
	fmt.Fprint(s.Out, text.String())
}

// Erase removes the region that was drawn last.
func (s *Screen) Erase() {
	if len(s.drawn) > 0 {
		fmt.Fprint(s.Out, s.eraseCode())
		s.drawn = nil
	}
}

// Keep leaves the region that was drawn last where it is; the next one begins below it.
func (s *Screen) Keep() { s.drawn = nil }

// eraseCode moves the cursor to the top of the region and erases what is below. If the
// terminal has become narrower, it has wrapped the lines of the region.
func (s *Screen) eraseCode() string {
	up := 0
	for _, width := range s.drawn {
		up++
		if s.Columns > 0 && width > s.Columns {
			up += (width - 1) / s.Columns
		}
	}
	if up == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\x1b[J", up)
}

// Paint colours a text by its tone, where colours are shown.
func (s *Screen) Paint(tone view.Tone, text string) string {
	switch tone {
	case view.Good:
		return s.style("32", text)
	case view.Bad:
		return s.style("31", text)
	default:
		return text
	}
}

// Heading makes a text bold, where colours are shown.
func (s *Screen) Heading(text string) string { return s.style("1", text) }

func (s *Screen) style(code, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
