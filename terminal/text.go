package terminal

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Plain is a text as this screen can show it. Control characters, and characters that change
// the direction of writing, become '?'. Where UTF-8 is not shown, the characters that this
// program draws with become ASCII; on a terminal all others become '?' as well. A pipe gets
// them as they are, because a program may read them.
func (s *Screen) Plain(text string) string {
	var b strings.Builder
	for _, r := range Clean(text) {
		switch replacement := asciiOf(r); {
		case s.UTF8 || r < unicode.MaxASCII:
			b.WriteRune(r)
		case replacement != "":
			b.WriteString(replacement)
		case s.Live:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Clean is a text without what could move the cursor of a terminal or turn the direction of
// writing: such characters become '?'.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u061c' || r == '\u200e' || r == '\u200f' ||
			'\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' {
			return '?'
		}
		return r
	}, text)
}

// asciiOf is what stands for a character that this program draws with; empty for all others.
func asciiOf(r rune) string {
	switch r {
	case '…':
		return "..."
	case '→':
		return "->"
	case '–', '—', '─':
		return "-"
	case 'ε':
		return "epsilon"
	case '×':
		return "x"
	case '┤', '│', '├':
		return "|"
	case '┼':
		return "+"
	case '╭', '╮':
		return "."
	case '╰', '╯':
		return "'"
	}
	if levels := []rune("▁▂▃▄▅▆▇█"); levels[0] <= r && r <= levels[len(levels)-1] {
		return string("12345678"[r-levels[0]])
	}
	return ""
}

// columns is how many columns a text takes on a terminal.
func columns(text string) (n int) {
	for _, r := range text {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	switch {
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || r == '\u200b' || r == '\u200d':
		return 0
	case r < 0x1100:
		return 1
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// cut is the beginning of a text that fits into limit columns; 0 is no limit.
func cut(text string, limit int) string {
	if limit == 0 {
		return text
	}
	used := 0
	for i, r := range text {
		if used += columnsOf(r); used > limit {
			return text[:i]
		}
	}
	return text
}

// shorten is a text that fits into limit columns. The middle of a longer text is left out,
// because addresses and names differ at their ends.
func (s *Screen) shorten(text string, limit int) string {
	if columns(text) <= limit {
		return text
	}
	gap := s.Plain("…")
	if limit <= columns(gap)+2 {
		return cut(text, limit)
	}
	rest := limit - columns(gap)
	end, runes := "", []rune(text)
	for i := len(runes) - 1; i > 0 && columns(end)+columnsOf(runes[i]) <= rest/2; i-- {
		end = string(runes[i]) + end
	}
	return cut(text, rest-columns(end)) + gap + end
}

// wrap breaks a text at spaces into lines of at most limit columns. A word that is longer gets
// a line of its own. Spaces inside of a line stay as they are.
func wrap(text string, limit int) (lines []string) {
	for columns(text) > limit {
		head := cut(text, limit)
		at := strings.LastIndexByte(head, ' ')
		if text[len(head)] == ' ' {
			at = len(head)
		}
		if at <= 0 || strings.TrimSpace(text[:at]) == "" { // one word is longer than the line
			if at = strings.IndexByte(strings.TrimLeft(text, " "), ' '); at < 0 {
				break
			}
			at += len(text) - len(strings.TrimLeft(text, " "))
		}
		lines = append(lines, strings.TrimRight(text[:at], " "))
		text = strings.TrimLeft(text[at:], " ")
	}
	return append(lines, text)
}
