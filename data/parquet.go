package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// The bounds of a Parquet file. The library trusts the sizes in headers, so they are checked
// before it sees them.
const (
	maxFooter     = 64 << 20  // bytes of the footer
	maxPage       = 128 << 20 // bytes of a page, uncompressed
	maxPageValues = 16 << 20  // values of a page
	maxPageHeader = 1 << 16   // bytes of a page's header
	maxDecimal    = 32        // bytes of a decimal
)

// parquetSource reads the rows of a Parquet file.
type parquetSource struct {
	file    *parquet.File
	columns []parquetColumn
	header  []string
	groups  []parquet.RowGroup // row groups not read yet
	rows    parquet.Rows       // rows of the current group; nil: none
	batch   []parquet.Row
	read    int // rows in the current batch
	used    int // rows of the batch already returned
	row     int // rows returned so far
	cells   cells
}

// parquetColumn says how the values of a column are written as text.
type parquetColumn struct {
	logical any  // logical type, from package format; nil: the physical type
	scale   int  // digits after the decimal point, of a decimal
	natural bool // unsigned integers
}

// newParquet checks all sizes in a file, and its columns.
func newParquet(f io.ReaderAt, size int64) (s *parquetSource, err error) {
	defer refuse(&err)
	if err := checkFooter(f, size); err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(f, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	s = &parquetSource{file: file, groups: file.RowGroups(), batch: make([]parquet.Row, 64)}
	for _, field := range file.Root().Columns() {
		if !field.Leaf() || field.Repeated() {
			return nil, fmt.Errorf("column %.64q holds lists or groups: want one number or text per row", field.Name())
		}
		var c parquetColumn
		if t := field.Type().LogicalType(); t != nil {
			c.logical = t.Value
		}
		switch t := c.logical.(type) {
		case *format.DecimalType:
			c.scale = int(t.Scale)
		case *format.IntType:
			c.natural = !t.IsSigned
		}
		s.columns, s.header = append(s.columns, c), append(s.header, field.Name())
	}
	if len(s.header) == 0 {
		return nil, errors.New("the file has no columns")
	}
	for _, group := range file.Metadata().RowGroups {
		for _, chunk := range group.Columns {
			start := chunk.MetaData.DataPageOffset
			if first := chunk.MetaData.DictionaryPageOffset; first > 0 {
				start = min(start, first)
			}
			if err := checkPages(f, start, chunk.MetaData.TotalCompressedSize, size); err != nil {
				return nil, err
			}
		}
	}
	return s, checkNames(s.header)
}

// refuse turns a panic of the library into an error: the library panics at some broken files.
func refuse(err *error) {
	if broken := recover(); broken != nil {
		*err = fmt.Errorf("the file is broken: %v", broken)
	}
}

// checkFooter checks the sizes in the footer.
func checkFooter(f io.ReaderAt, size int64) error {
	end := make([]byte, 8)
	if _, err := f.ReadAt(end, size-8); err != nil {
		return errors.New("truncated")
	}
	length := int64(binary.LittleEndian.Uint32(end))
	switch {
	case string(end[4:]) != "PAR1":
		return errors.New("truncated: the file does not end as Parquet does")
	case length > size-12 || length > maxFooter:
		return fmt.Errorf("the footer says that it has %d bytes: want at most %d", length, min(size-12, maxFooter))
	}
	footer := make([]byte, length)
	if _, err := f.ReadAt(footer, size-8-length); err != nil {
		return err
	}
	return (&compact{left: footer}).walk(0, 0)
}

// checkPages checks the headers of the pages of a column.
func checkPages(f io.ReaderAt, start, length, size int64) error {
	if start < 4 || length < 0 || start > size || length > size-start {
		return errCompact
	}
	header := make([]byte, min(maxPageHeader, length))
	for end := start + length; start < end; {
		header = header[:min(int64(len(header)), end-start)]
		if _, err := f.ReadAt(header, start); err != nil {
			return err
		}
		var unpacked, packed, values int64
		c := compact{left: header, seen: func(outer, field int, value int64) {
			switch {
			case outer == 0 && field == 2:
				unpacked = value
			case outer == 0 && field == 3:
				packed = value
			case outer != 0 && field == 1: // values of a data page, in both versions, and of a dictionary page
				values = max(values, value)
			}
		}}
		if err := c.walk(0, 0); err != nil {
			return err
		}
		start += int64(len(header)-len(c.left)) + packed
		switch {
		case packed < 0 || start > end:
			return errCompact
		case unpacked < 0 || unpacked > maxPage || values > maxPageValues:
			return fmt.Errorf("a page of %d bytes and %d values: want at most %d and %d", unpacked, values, maxPage, maxPageValues)
		}
	}
	return nil
}

func (s *parquetSource) names() []string { return s.header }
func (*parquetSource) format() Format    { return Format{Name: "parquet"} }

// maxRows bounds the number of rows: a header is believed only up to one value per byte.
func (s *parquetSource) maxRows() int {
	return int(max(0, min(s.file.NumRows(), s.file.Size()/int64(len(s.header))+1)))
}

func (s *parquetSource) place(column int) string {
	return fmt.Sprintf("row %d: column %d (%.64s)", s.row, column+1, s.header[column])
}

func (s *parquetSource) next() (texts []string, err error) {
	defer refuse(&err)
	if s.used == s.read {
		if err := s.fill(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil, io.EOF
			}
			return nil, fmt.Errorf("parquet: after row %d: %w", s.row, err)
		}
	}
	row := s.batch[s.used]
	s.used++
	s.row++
	if len(row) != len(s.columns) {
		return nil, fmt.Errorf("parquet: row %d has %d values: want %d", s.row, len(row), len(s.columns))
	}
	s.cells.reset()
	for i, v := range row {
		s.cells.end(s.columns[i].appendCell(s.cells.text, v))
	}
	return s.cells.row(), nil
}

// fill reads the next batch of at least one row; the error is [io.EOF] at the end.
func (s *parquetSource) fill() error {
	for {
		if s.rows == nil {
			if len(s.groups) == 0 {
				return io.EOF
			}
			s.rows, s.groups = s.groups[0].Rows(), s.groups[1:]
		}
		n, err := s.rows.ReadRows(s.batch)
		s.read, s.used = n, 0
		if errors.Is(err, io.EOF) || err == nil && n == 0 {
			err = s.rows.Close()
			s.rows = nil
		}
		if n > 0 || err != nil {
			return err
		}
	}
}

func (*parquetSource) notes() []string { return nil }

// Close closes the reader of the rows. Whoever opened the file closes it.
func (s *parquetSource) Close() error {
	if s.rows == nil {
		return nil
	}
	return s.rows.Close()
}

// appendCell appends a value as people write it.
func (c parquetColumn) appendCell(b []byte, v parquet.Value) []byte {
	if v.IsNull() {
		return b
	}
	switch c.logical.(type) {
	case *format.DecimalType:
		return c.appendDecimal(b, v)
	case *format.DateType:
		return time.Unix(int64(v.Int32())*24*60*60, 0).UTC().AppendFormat(b, time.DateOnly)
	case *format.TimestampType, *format.TimeType, *format.UUIDType, *format.Float16Type:
		return append(b, v.String()...)
	}
	switch v.Kind() {
	case parquet.Boolean:
		return appendTruth(b, v.Boolean())
	case parquet.Int32:
		if c.natural {
			return strconv.AppendUint(b, uint64(v.Uint32()), 10)
		}
		return strconv.AppendInt(b, int64(v.Int32()), 10)
	case parquet.Int64:
		if c.natural {
			return strconv.AppendUint(b, v.Uint64(), 10)
		}
		return strconv.AppendInt(b, v.Int64(), 10)
	case parquet.Float:
		return strconv.AppendFloat(b, float64(v.Float()), 'g', -1, 32)
	case parquet.Double:
		return strconv.AppendFloat(b, v.Double(), 'g', -1, 64)
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return append(b, v.ByteArray()...)
	default:
		return append(b, v.String()...)
	}
}

// appendDecimal appends an integer with its decimal point.
func (c parquetColumn) appendDecimal(b []byte, v parquet.Value) []byte {
	n := new(big.Int)
	switch v.Kind() {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default: // two's complement, big-endian
		bytes := v.ByteArray()
		if len(bytes) > maxDecimal {
			return append(b, "a long decimal"...)
		}
		if n.SetBytes(bytes); len(bytes) > 0 && bytes[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(bytes))))
		}
	}
	b = n.Append(b, 10)
	return append(append(b, 'e'), strconv.Itoa(-c.scale)...)
}
