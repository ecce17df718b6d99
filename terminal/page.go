package terminal

import (
	"bytes"
	"strings"

	"github.com/guptarohit/asciigraph"

	"github.com/althing-network/althing/view"
)

// Page prints a page, with an empty line between its parts. The hints of the page are not
// printed: they belong on the error stream. Parts that only illustrate are left out of a pipe.
func (s *Screen) Page(p view.Page) error {
	s.Erase()
	s.measure()
	var b bytes.Buffer
	for _, part := range p.Parts {
		if part.Drawing && !s.Live {
			continue
		}
		lines := s.part(part)
		if len(lines) > 0 && b.Len() > 0 {
			b.WriteByte('\n')
		}
		for _, line := range lines {
			b.WriteString(strings.TrimRight(line, " "))
			b.WriteByte('\n')
		}
	}
	_, err := s.Out.Write(b.Bytes())
	return err
}

// part draws one part of a page.
func (s *Screen) part(p view.Part) (lines []string) {
	if p.Title != "" {
		lines = append(lines, s.Heading(s.Plain(p.Title)))
	}
	if p.Head != nil {
		lines = append(lines, s.table(p.Head, p.Rows)...)
		lines = append(lines, s.labelled(nil, p.Bars)...)
	} else {
		lines = append(lines, s.labelled(p.Rows, p.Bars)...)
	}
	if p.Plot != nil {
		lines = append(lines, s.Plot(*p.Plot)...)
	}
	if p.Text != "" {
		for line := range strings.Lines(p.Text) {
			lines = append(lines, s.Wrap(s.Plain(strings.TrimRight(line, "\n")))...)
		}
	}
	return lines
}

// Wrap breaks a text into lines as wide as the screen.
func (s *Screen) Wrap(text string) []string {
	if s.Columns == 0 {
		return []string{text}
	}
	return wrap(text, s.Columns)
}

// labelled draws rows of a label and a text, and bars below them. A text that is too long
// continues on the next line, in its own column.
func (s *Screen) labelled(rows [][]view.Cell, bars []view.Bar) (lines []string) {
	label := 0
	for _, row := range rows {
		label = max(label, columns(s.Plain(row[0].Text)))
	}
	for _, bar := range bars {
		label = max(label, columns(s.Plain(bar.Label)))
	}
	for _, row := range rows {
		text := view.Cell{}
		if len(row) > 1 {
			text = row[1]
		}
		parts := []string{s.Plain(text.Text)}
		if room := s.Columns - label - 2; s.Columns > 0 && room >= 20 {
			parts = wrap(parts[0], room)
		}
		for i, part := range parts {
			head := ""
			if i == 0 {
				head = s.Plain(row[0].Text)
			}
			lines = append(lines, pad(head, label)+"  "+s.Paint(text.Tone, part))
		}
	}
	for _, bar := range bars {
		cell := s.Bar(bar, label)
		lines = append(lines, s.Paint(cell.Tone, cell.Text))
	}
	return lines
}

// Bar draws a bar in one line, with its label padded to label columns. If All is 0, only the
// label and the text are drawn.
func (s *Screen) Bar(b view.Bar, label int) view.Cell {
	width := s.barWidth()
	line := ""
	if label > 0 || b.Label != "" {
		line = pad(s.Plain(b.Label), label) + "  "
	}
	if b.All > 0 {
		full := int(min(b.Done, b.All) * uint64(width) / b.All)
		line += "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "] "
	}
	return view.Cell{Text: line + s.Plain(b.Text), Tone: b.Tone}
}

// barWidth is how many columns the inside of a bar takes: 30 on a screen of 80 columns and in
// a pipe, more and less on other screens.
func (s *Screen) barWidth() int {
	const least, usual, most = 10, 30, 60
	if s.Columns == 0 {
		return usual
	}
	return max(least, min(most, usual+s.Columns-usualColumns))
}

// Plot draws a curve.
func (s *Screen) Plot(p view.Plot) []string {
	if len(p.Values) < 2 {
		return nil
	}
	const axis = 12 // columns that the numbers beside the curve may take
	options := []asciigraph.Option{
		asciigraph.Height(p.Height), asciigraph.Precision(p.Decimals), asciigraph.Caption(s.Plain(p.Caption)),
		asciigraph.Width(min(p.Width, max(leastColumns, s.Columns)-axis)),
	}
	if p.FromZero {
		options = append(options, asciigraph.LowerBound(0))
	}
	var lines []string
	for line := range strings.SplitSeq(asciigraph.Plot(p.Values, options...), "\n") {
		lines = append(lines, strings.TrimRight(s.Plain(line), " "))
	}
	return lines
}

// table draws a table. Where it is wider than the screen, its widest columns get narrower:
// texts wrap at spaces, and words that are too long lose their middle. A table that is still
// too wide is drawn row by row, each as labels and texts.
func (s *Screen) table(head []string, rows [][]view.Cell) (lines []string) {
	texts := make([][]string, 0, len(rows)+1)
	texts = append(texts, head)
	for _, row := range rows {
		line := make([]string, len(head))
		for i := range min(len(row), len(head)) {
			line[i] = s.Plain(row[i].Text)
		}
		texts = append(texts, line)
	}
	widths, fits := s.columnWidths(texts)
	if !fits {
		return s.records(head, rows)
	}
	for n, line := range texts {
		cells, height := make([][]string, len(head)), 1
		for i, text := range line {
			cells[i] = s.inColumn(text, widths[i])
			height = max(height, len(cells[i]))
		}
		for k := range height {
			drawn, missing := "", 0 // spaces are added only where text follows
			for i := range head {
				text := ""
				if k < len(cells[i]) {
					text = cells[i][k]
				}
				if text != "" {
					drawn += strings.Repeat(" ", missing) + s.styled(n, i, rows, text)
					missing = 0
				}
				missing += widths[i] - columns(text) + 2
			}
			lines = append(lines, drawn)
		}
	}
	return lines
}

// records draws the rows of a table one below the other, with an empty line between them.
func (s *Screen) records(head []string, rows [][]view.Cell) (lines []string) {
	for n, row := range rows {
		if n > 0 {
			lines = append(lines, "")
		}
		record := make([][]view.Cell, min(len(head), len(row)))
		for i := range record {
			record[i] = []view.Cell{{Text: head[i]}, row[i]}
		}
		lines = append(lines, s.labelled(record, nil)...)
	}
	return lines
}

// styled is a piece of a cell in its colour. Line 0 is the head.
func (s *Screen) styled(line, column int, rows [][]view.Cell, text string) string {
	if line == 0 {
		return s.Heading(text)
	}
	return s.Paint(rows[line-1][column].Tone, text)
}

// columnWidths finds the width of each column. It begins with the widths of the texts, and
// makes the widest column narrower until the table fits. It reports whether the table fits.
func (s *Screen) columnWidths(texts [][]string) (widths []int, fits bool) {
	widths = make([]int, len(texts[0]))
	least := make([]int, len(texts[0]))
	for n, line := range texts {
		for i, text := range line {
			widths[i] = max(widths[i], columns(text))
			least[i] = max(least[i], leastWidth(text, n == 0))
		}
	}
	for s.Columns > 0 {
		sum, widest := 2*(len(widths)-1), -1
		for i, w := range widths {
			sum += w
			if w > least[i] && (widest < 0 || w >= widths[widest]) {
				widest = i
			}
		}
		if sum <= s.Columns {
			break
		}
		if widest < 0 {
			return widths, false
		}
		widths[widest]--
	}
	s.widen(widths, texts)
	return widths, true
}

// widen gives the room that wrapped columns do not use to columns in which a word is cut.
func (s *Screen) widen(widths []int, texts [][]string) {
	if s.Columns == 0 {
		return
	}
	room := s.Columns - 2*(len(widths)-1)
	used, wants := make([]int, len(widths)), make([]int, len(widths))
	for _, line := range texts {
		for i, text := range line {
			for _, part := range s.inColumn(text, widths[i]) {
				used[i] = max(used[i], columns(part))
			}
			for word := range strings.FieldsSeq(text) {
				wants[i] = max(wants[i], columns(word))
			}
		}
	}
	for i := range widths {
		widths[i] = used[i]
		room -= used[i]
	}
	for grown := true; grown && room > 0; {
		grown = false
		for i := range widths {
			if widths[i] < wants[i] && room > 0 {
				widths[i]++
				room--
				grown = true
			}
		}
	}
}

// leastWidth is how narrow the column of a text may get. Heads and numbers are never cut,
// because a number without its middle is another number. Of other words, enough letters stay
// to tell them apart.
func leastWidth(text string, isHead bool) (width int) {
	const wordLeft = 10
	for word := range strings.FieldsSeq(text) {
		size := columns(word)
		if !isHead && strings.Trim(word, "0123456789.,/%") != "" {
			size = min(size, wordLeft)
		}
		width = max(width, size)
	}
	return width
}

// inColumn breaks a cell into lines of at most width columns.
func (s *Screen) inColumn(text string, width int) []string {
	if columns(text) <= width {
		return []string{text}
	}
	lines := wrap(text, width)
	for i, line := range lines {
		lines[i] = s.shorten(line, width)
	}
	return lines
}

// pad fills a text up with spaces.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-columns(text)))
}
