package data

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/althing-network/althing/spec"
)

// encoding encodes the rows of a table as bytes, for fingerprints and commitments.
type encoding struct {
	table   Table
	columns []encodedColumn // sorted by name; nil if features are identified by position
}

// encodedColumn is a column of a schema and the index of its first input in a row.
type encodedColumn struct {
	spec.Column
	at int
}

func (t Table) encoding() encoding {
	e := encoding{table: t}
	at := 0
	for _, c := range t.Schema.Columns {
		e.columns = append(e.columns, encodedColumn{c, at})
		at += c.Inputs()
	}
	slices.SortFunc(e.columns, func(a, b encodedColumn) int { return cmp.Compare(a.Name, b.Name) })
	return e
}

// The kinds of a value in a row of named columns.
const (
	encodedMissing = iota
	encodedNumber
	encodedText
)

// appendRow appends the encoding of row i. Without a schema it is the number of features,
// each feature as the bits of its float32, then the label. With a schema it is a zero (which
// no row without a schema begins with), the number of columns, each column as its name and
// its value, sorted by name, then the label in the same way. So the encoding does not depend
// on the order of columns, values or classes in the schema.
func (e encoding) appendRow(b []byte, i int) []byte {
	t := e.table
	if e.columns == nil {
		b = binary.BigEndian.AppendUint64(b, uint64(t.Features))
		for _, v := range t.Row(i) {
			b = appendNumber(b, v)
		}
		return appendLabel(b, t, i)
	}
	b = binary.BigEndian.AppendUint64(b, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(len(e.columns)))
	row := t.Row(i)
	for _, c := range e.columns {
		b = appendText(b, c.Name)
		inputs := row[c.at : c.at+c.Inputs()]
		switch chosen := slices.Index(inputs, 1); {
		case c.Kind == spec.ColumnCategory && chosen >= 0:
			b = appendText(append(b, encodedText), c.Values[chosen])
		case c.Kind == spec.ColumnCategory || math.IsNaN(float64(inputs[0])):
			b = append(b, encodedMissing)
		default:
			b = appendNumber(append(b, encodedNumber), inputs[0])
		}
	}
	b = appendText(b, t.Schema.Label)
	if t.Targets == nil {
		return appendText(append(b, encodedText), t.Schema.Classes[t.Y[i]])
	}
	return appendLabel(append(b, encodedNumber), t, i)
}

// appendLabel appends the target of a row, or its class.
func appendLabel(b []byte, t Table, i int) []byte {
	if t.Targets != nil {
		return appendNumber(b, t.Targets[i])
	}
	return binary.LittleEndian.AppendUint32(b, uint32(t.Y[i]))
}

func appendNumber(b []byte, x float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
}

func appendText(b []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(len(text))), text...)
}
