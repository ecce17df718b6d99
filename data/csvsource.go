package data

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// csvSource reads rows of text. It detects the separator and the line ending from the
// beginning of the file.
type csvSource struct {
	lines     *csv.Reader
	header    []string
	separator rune
	marked    bool // the file begins with a byte order mark
	rows      int  // upper bound; 0: not known
}

// newCSV reads the header of comma, semicolon or tab separated values. An [io.Seeker], such
// as a file, is read twice: once to count the rows, so that their memory is allocated once.
func newCSV(r io.Reader) (*csvSource, error) {
	ends, size, err := extent(r)
	if err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	const sniffedBytes = 1 << 16
	text := bufio.NewReaderSize(r, sniffedBytes)
	head, err := text.Peek(sniffedBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("csv: %w", err)
	}
	s := &csvSource{}
	if mark := []byte("\xef\xbb\xbf"); bytes.HasPrefix(head, mark) {
		s.marked = true
		if _, err := text.Discard(len(mark)); err != nil {
			return nil, fmt.Errorf("csv: %w", err)
		}
		head = head[len(mark):]
	}
	if err := checkEncoding(head); err != nil {
		return nil, fmt.Errorf("csv: %w", err)
	}
	in := io.Reader(text)
	if bytes.ContainsRune(head, '\r') && !bytes.ContainsRune(head, '\n') {
		in, head = carriage{text}, bytes.ReplaceAll(head, []byte("\r"), []byte("\n"))
	}
	s.separator = separator(head)
	s.lines = csv.NewReader(in)
	s.lines.Comma, s.lines.FieldsPerRecord = s.separator, -1
	s.lines.TrimLeadingSpace = s.separator != '\t' // TrimLeadingSpace would also trim tabs
	header, err := s.lines.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("csv: the file is empty: want a header line")
	case err != nil:
		return nil, fmt.Errorf("csv: header: %w", err)
	}
	trim(header)
	for i, name := range header {
		if name == "" { // pandas gives an unnamed column this name
			header[i] = fmt.Sprintf("Unnamed: %d", i)
		}
	}
	if err := checkNames(header); err != nil {
		return nil, fmt.Errorf("csv: line 1: %w", err)
	}
	s.header = header
	s.rows = min(ends, size/(2*len(header))+1) // a value and its separator take at least two bytes
	s.lines.ReuseRecord = true
	return s, nil
}

func (s *csvSource) names() []string { return s.header }
func (s *csvSource) maxRows() int    { return s.rows }

func (s *csvSource) next() ([]string, error) {
	record, err := s.lines.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("csv: %w", err)
	}
	if len(record) != len(s.header) {
		return nil, fmt.Errorf("csv: %s: %d columns: want %d", s.line(), len(record), len(s.header))
	}
	trim(record)
	return record, nil
}

func (s *csvSource) line() string {
	line, _ := s.lines.FieldPos(0)
	return fmt.Sprintf("line %d", line)
}

func (s *csvSource) place(column int) string {
	return fmt.Sprintf("%s: column %d (%.64s)", s.line(), column+1, s.header[column])
}

func (s *csvSource) format() Format {
	f := Format{Name: "csv", Separator: string(s.separator), Encoding: "UTF-8"}
	if s.marked {
		f.Encoding = "UTF-8 with a byte order mark"
	}
	return f
}

func (*csvSource) notes() []string { return nil }

// Close does nothing: whoever opened the reader closes it.
func (*csvSource) Close() error { return nil }

// trim removes the spaces around cells.
func trim(cells []string) {
	for i, cell := range cells {
		if n := len(cell); n > 0 && (cell[0] <= ' ' || cell[n-1] <= ' ') {
			cells[i] = strings.TrimSpace(cell)
		}
	}
}

// checkEncoding refuses what is not a text in UTF-8 or in a single-byte encoding.
func checkEncoding(head []byte) error {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return errors.New("the file is UTF-16: save it as UTF-8")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return errors.New("the file is a ZIP archive, as spreadsheets are: export it as CSV")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return errors.New("the file is compressed with gzip: unpack it first")
	case bytes.IndexByte(head, 0) >= 0:
		return errors.New("the file is no text, or UTF-16: save it as CSV in UTF-8")
	}
	return nil
}

// separator is the most frequent separator in the first line.
func separator(head []byte) rune {
	counts := [256]int{}
	quoted := false
	for _, b := range head {
		if b == '\n' && !quoted {
			break
		}
		if b == '"' {
			quoted = !quoted
		}
		if !quoted {
			counts[b]++
		}
	}
	best := ','
	for _, s := range ";\t" {
		if counts[s] > counts[best] {
			best = s
		}
	}
	return best
}

// carriage reads text whose lines end with a bare carriage return.
type carriage struct{ text io.Reader }

func (c carriage) Read(b []byte) (int, error) {
	n, err := c.text.Read(b)
	for i, char := range b[:n] {
		if char == '\r' {
			b[i] = '\n'
		}
	}
	return n, err
}

// extent counts the line endings and the bytes of a reader that can be read twice, so that
// the memory of its rows is allocated once; for any other reader both are 0.
func extent(r io.Reader) (ends, size int, err error) {
	s, ok := r.(io.Seeker)
	if !ok {
		return 0, 0, nil
	}
	start, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, 0, nil // a pipe
	}
	read := make([]byte, 1<<15)
	for {
		n, err := r.Read(read)
		ends, size = ends+bytes.Count(read[:n], []byte("\n")), size+n
		if err != nil {
			_, err = s.Seek(start, io.SeekStart) // a read error comes back at the second reading
			return ends, size, err
		}
	}
}
