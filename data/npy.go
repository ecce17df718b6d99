package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/althing-network/althing/spec"
)

// npy reads one NumPy array: a header that is a Python dictionary, then the values (NumPy
// enhancement proposal 1). It holds one value in memory, or, for arrays in Fortran order,
// the bytes read so far.
type npy struct {
	name   string
	shape  []int // one or two dimensions
	kind   byte  // type of a value in NumPy's notation: f, i, u, b, U or S
	size   int   // bytes per value
	order  binary.ByteOrder
	values io.Reader
	whole  []byte // all values, for arrays in Fortran order
	buffer []byte // one value
}

// Bounds of what an array may claim.
const (
	maxHeader = 1 << 16 // bytes of the header
	maxText   = 1 << 12 // bytes of a text value
)

// newNPY reads the header of an array; size is its length in bytes, as its archive says.
func newNPY(name string, r io.Reader, size uint64) (*npy, error) {
	a := &npy{name: name, values: r}
	head := make([]byte, 10)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:6]) != "\x93NUMPY" {
		return nil, fmt.Errorf("array %.64q is not in NumPy's format (.npy)", name)
	}
	length := int(binary.LittleEndian.Uint16(head[8:]))
	if version := head[6]; version != 1 {
		rest := make([]byte, 2)
		if _, err := io.ReadFull(r, rest); err != nil || version > 3 {
			return nil, fmt.Errorf("array %.64q is in version %d of NumPy's format: want 1 to 3", name, version)
		}
		length |= int(binary.LittleEndian.Uint16(rest)) << 16
	}
	if length > maxHeader {
		return nil, fmt.Errorf("array %.64q has a header of %d bytes: want at most %d", name, length, maxHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, fmt.Errorf("array %.64q: %w", name, truncated(err, "in its header"))
	}
	if err := a.parse(string(text)); err != nil {
		return nil, fmt.Errorf("array %.64q: %w", name, err)
	}
	if columns := a.columns(); columns > spec.MaxWidth || uint64(columns) > size/uint64(a.size) {
		return nil, fmt.Errorf("array %.64q has %d columns in %d bytes: want at most %d, and room for them", name, columns, size, spec.MaxWidth)
	}
	a.buffer = make([]byte, a.size)
	return a, nil
}

// parse reads the header.
func (a *npy) parse(header string) error {
	value := func(key, pattern string) string {
		found := regexp.MustCompile(`'` + key + `'\s*:\s*` + pattern).FindStringSubmatch(header)
		if found == nil {
			return ""
		}
		return found[1]
	}
	descr := value("descr", `'([^']*)'`)
	kind := regexp.MustCompile(`^([<>|=]?)([a-zA-Z])(\d{0,4})$`).FindStringSubmatch(descr)
	if kind == nil || !strings.Contains("fiubUSO", kind[2]) {
		return fmt.Errorf("values of the type %.40q: want numbers, booleans or texts", descr)
	}
	if kind[2] == "O" {
		return errors.New("the values are Python objects: save numbers or texts, with dtype=float or dtype=str")
	}
	a.kind, a.order = kind[2][0], binary.LittleEndian
	if kind[1] == ">" {
		a.order = binary.BigEndian
	}
	a.size, _ = strconv.Atoi(kind[3])
	if a.kind == 'U' {
		a.size *= 4
	}
	switch wide := a.size == 1 || a.size == 2 || a.size == 4 || a.size == 8; {
	case a.kind == 'b' && a.size != 1, (a.kind == 'i' || a.kind == 'u') && !wide, a.kind == 'f' && a.size != 4 && a.size != 8,
		(a.kind == 'U' || a.kind == 'S') && (a.size < 1 || a.size > maxText):
		return fmt.Errorf("values of the type %.40q: want integers of up to 8 bytes, floats of 4 or 8, and texts of up to %d", descr, maxText)
	}
	values := 1
	for word := range strings.SplitSeq(value("shape", `\(([^)]*)\)`), ",") {
		if word = strings.TrimSpace(word); word == "" {
			continue
		}
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 || n > 0 && values > math.MaxInt32/n {
			return fmt.Errorf("shape %.64q: want at most %d values", value("shape", `(\([^)]*\))`), math.MaxInt32)
		}
		values *= n
		a.shape = append(a.shape, n)
	}
	if len(a.shape) < 1 || len(a.shape) > 2 {
		return fmt.Errorf("%d dimensions: want a column or a table; images are read from IDX files", len(a.shape))
	}
	if value("fortran_order", "(True)") != "" && len(a.shape) == 2 && a.shape[1] > 1 {
		limit := int64(values) * int64(a.size)
		whole, err := io.ReadAll(io.LimitReader(a.values, limit))
		if err != nil || int64(len(whole)) < limit {
			return fmt.Errorf("truncated: %d of %d bytes", len(whole), limit)
		}
		a.whole = whole
	}
	return nil
}

// rows is the number of rows that the header claims.
func (a *npy) rows() int { return a.shape[0] }

// columns is the number of values per row.
func (a *npy) columns() int {
	if len(a.shape) == 1 {
		return 1
	}
	return a.shape[1]
}

// appendCell appends the value of a row and column as text. Rows must be read in order.
func (a *npy) appendCell(b []byte, row, column int) ([]byte, error) {
	cell := a.buffer
	if a.whole != nil {
		at := (column*a.rows() + row) * a.size
		cell = a.whole[at : at+a.size]
	} else if _, err := io.ReadFull(a.values, cell); err != nil {
		return b, fmt.Errorf("array %.64q: %w", a.name, truncated(err, fmt.Sprintf("in row %d of %d", row+1, a.rows())))
	}
	switch a.kind {
	case 'b':
		return appendTruth(b, cell[0] != 0), nil
	case 'S':
		return append(b, strings.TrimRight(string(cell), "\x00")...), nil
	case 'U':
		for ; len(cell) > 0; cell = cell[4:] {
			if r := rune(a.order.Uint32(cell)); r != 0 {
				b = utf8.AppendRune(b, r)
			}
		}
		return b, nil
	}
	bits := uint64(0)
	switch a.size {
	case 1:
		bits = uint64(cell[0])
	case 2:
		bits = uint64(a.order.Uint16(cell))
	case 4:
		bits = uint64(a.order.Uint32(cell))
	case 8:
		bits = a.order.Uint64(cell)
	}
	switch unused := 64 - 8*a.size; {
	case a.kind == 'u':
		return strconv.AppendUint(b, bits, 10), nil
	case a.kind == 'i':
		return strconv.AppendInt(b, int64(bits<<unused)>>unused, 10), nil
	case a.size == 4:
		return strconv.AppendFloat(b, float64(math.Float32frombits(uint32(bits))), 'g', -1, 32), nil
	}
	return strconv.AppendFloat(b, math.Float64frombits(bits), 'g', -1, 64), nil
}
