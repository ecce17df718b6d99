package data_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// array is an array in NumPy's format: a header as NumPy writes it, then the values.
func array(descr, order, shape string, values ...any) []byte {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, order, shape)
	header += strings.Repeat(" ", (64-(10+len(header)+1)%64)%64) + "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	binary.Write(&b, binary.LittleEndian, uint16(len(header)))
	b.WriteString(header)
	for _, v := range values {
		binary.Write(&b, binary.LittleEndian, v)
	}
	return b.Bytes()
}

// member is a file in an archive.
type member struct {
	name string
	b    []byte
}

// archive is an NPZ file.
func archive(members ...member) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.Create(m.name)
		if err != nil {
			panic(err)
		}
		w.Write(m.b)
	}
	z.Close()
	return b.String()
}

// runes are texts of three characters, as NumPy's <U3 has them.
func runes(texts ...string) (values []any) {
	for _, text := range texts {
		var word [3]uint32
		for i, r := range []rune(text) {
			word[i] = uint32(r)
		}
		values = append(values, word)
	}
	return values
}

func TestKindsOfArrays(t *testing.T) {
	nan := float32(math.NaN())
	x := array("<f8", "False", "(2, 2)", []float64{1, 0.1, 3, 4})
	y := array("<i8", "False", "(2,)", []int64{1, 2})
	for _, k := range []kind{
		{name: "X and y", file: archive(member{"X.npy", x}, member{"y.npy", y}), schema: "label: 1 2: f0 f1", x: []float32{1, 0.1, 3, 4}, y: []int32{0, 1}},
		{name: "data and target", file: archive(member{"target.npy", y}, member{"data.npy", x}, member{"target_names.npy", nil}), schema: "label: 1 2: f0 f1", note: `arrays that are not read: "target_names"`, x: []float32{1, 0.1, 3, 4}, y: []int32{0, 1}},
		{name: "columns first", file: archive(member{"X.npy", array("<f4", "True", "(2, 2)", []float32{1, 3, 0.1, 4})}, member{"y.npy", y}), schema: "label: 1 2: f0 f1", x: []float32{1, 0.1, 3, 4}, y: []int32{0, 1}},
		{name: "names", file: archive(member{"X.npy", x}, member{"y.npy", array("<U3", "False", "(2,)", runes("yes", "nö")...)}, member{"feature_names.npy", array("<U3", "False", "(2,)", runes("age", "bp")...)}), schema: "label: nö yes: age bp", x: []float32{1, 0.1, 3, 4}, y: []int32{1, 0}},
		{name: "arrays as columns", file: archive(
			member{"age.npy", array("<u2", "False", "(2,)", []uint16{7, 65535})},
			member{"weight.npy", array(">i4", "False", "(2, )", []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9})},
			member{"ill.npy", array("|b1", "False", "(2,)", []byte{0, 1})},
			member{"ward.npy", array("|S2", "False", "(2,)", []byte("ab"), []byte("c\x00"))},
		), options: data.Options{Label: "ill"}, schema: "ill: False True: age weight ward(ab c)", x: []float32{7, -1, 1, 0, 65535, 9, 0, 1}, y: []int32{0, 1}},
		{name: "NaN", file: archive(member{"X.npy", array("<f8", "False", "(2, 1)", []float64{math.NaN(), 2})}, member{"y.npy", array("<i1", "False", "(2, 1)", []int8{-1, 1})}), options: data.Options{Missing: "impute"}, schema: "label: -1 1: f0", x: []float32{nan, 2}, y: []int32{0, 1}},
		{name: "version 2", file: archive(member{"X.npy", append([]byte("\x93NUMPY\x02\x00\x76\x00\x00\x00"), array("<f8", "False", "(2, 2)", []float64{1, 0.1, 3, 4})[10:]...)}, member{"y.npy", y}), schema: "label: 1 2: f0 f1", x: []float32{1, 0.1, 3, 4}, y: []int32{0, 1}},

		{name: "too large", file: archive(member{"X.npy", array("<f8", "False", "(2, 1)", []float64{1, 1e39})}, member{"y.npy", y}), problem: `npz: row 2: column 1 (f0): "1e+39" is too large for a float32, whose largest number is 3.4028235e+38`},
		{name: "a spreadsheet", file: archive(member{"xl/workbook.xml", nil}), problem: "npz: the file is a ZIP archive, as spreadsheets are, but not one of NumPy arrays: export it as CSV"},
		{name: "objects", file: archive(member{"X.npy", array("|O", "False", "(2,)")}, member{"y.npy", y}), problem: `npz: array "X": the values are Python objects: save numbers or texts, with dtype=float or dtype=str`},
		{name: "complex", file: archive(member{"X.npy", array("<c8", "False", "(2,)")}, member{"y.npy", y}), problem: `npz: array "X": values of the type "<c8": want numbers, booleans or texts`},
		{name: "long floats", file: archive(member{"X.npy", array("<f16", "False", "(2,)")}, member{"y.npy", y}), problem: `npz: array "X": values of the type "<f16": want integers of up to 8 bytes, floats of 4 or 8, and texts of up to 4096`},
		{name: "images", file: archive(member{"x_train.npy", array("|u1", "False", "(2, 2, 2)")}, member{"y_train.npy", y}), problem: `npz: array "x_train": 3 dimensions: want a column or a table; images are read from IDX files`},
		{name: "unlike", file: archive(member{"X.npy", x}, member{"y.npy", array("<i8", "False", "(3,)", []int64{1, 2, 3})}), problem: `npz: array "y" has 3 rows and "X" has 2`},
		{name: "tables alone", file: archive(member{"a.npy", x}, member{"b.npy", y}), problem: `npz: array "a" has 2 dimensions: want columns, or arrays named X and y; the file has "a", "b"`},
		{name: "two columns of labels", file: archive(member{"X.npy", x}, member{"y.npy", x}), problem: `npz: array "y" has 2 columns: want one label per row`},
		{name: "a duplicate", file: archive(member{"a.npy", y}, member{"a.npy", y}), problem: `npz: more than one column is named "a"`},
		{name: "truncated", file: archive(member{"X.npy", x[:len(x)-1]}, member{"y.npy", y}), problem: `npz: array "X": truncated in row 2 of 2`},
		{name: "truncated columns", file: archive(member{"X.npy", array("<f8", "True", "(2, 2)", []float64{1, 2, 3})}, member{"y.npy", y}), problem: `npz: array "X": truncated: 24 of 32 bytes`},
		{name: "a lie", file: archive(member{"X.npy", array("<f8", "True", "(2000000, 1000)", []float64{1})}, member{"y.npy", array("<i8", "False", "(2000000,)")}), problem: `npz: array "X": truncated: 8 of 16000000000 bytes`},
		{name: "too many values", file: archive(member{"X.npy", array("<f8", "True", "(2000000000, 1000)", []float64{1})}, member{"y.npy", y}), problem: `npz: array "X": shape "(2000000000, 1000)": want at most 2147483647 values`},
		{name: "too wide", file: archive(member{"X.npy", array("<f8", "False", "(1, 30000000)", []float64{1})}, member{"y.npy", y}), problem: `npz: array "X" has 30000000 columns in 136 bytes: want at most 1048576, and room for them`},
		{name: "as wide as can be", file: archive(member{"X.npy", array("<f8", "False", "(1, 2147483647)", []float64{1})}, member{"y.npy", y}), problem: `npz: array "X" has 2147483647 columns in 136 bytes: want at most 1048576, and room for them`},
		{name: "wide without rows", file: archive(member{"X.npy", array("<f8", "False", "(0, 9000000000000000000)")}, member{"y.npy", y}), problem: `npz: array "X" has 9000000000000000000 columns in 128 bytes: want at most 1048576, and room for them`},
		{name: "wider than its bytes", file: archive(member{"X.npy", array("<f8", "False", "(1, 1000000)", []float64{1})}, member{"y.npy", y}), problem: `npz: array "X" has 1000000 columns in 136 bytes: want at most 1048576, and room for them`},
		{name: "no array", file: archive(member{"X.npy", []byte("text")}, member{"y.npy", y}), problem: `npz: array "X" is not in NumPy's format (.npy)`},
		{name: "an empty archive", file: "PK\x03\x04", problem: "npz: zip: not a valid zip file"},
		{name: "no rows", file: archive(member{"X.npy", array("<f8", "False", "(0, 2)")}, member{"y.npy", array("<i8", "False", "(0,)")}), problem: "npz: no rows"},
	} {
		t.Run(k.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rows.npz")
			if err := os.WriteFile(path, []byte(k.file), 0o600); err != nil {
				t.Fatal(err)
			}
			k.holds(t, path)
		})
	}
}

// FuzzNPZ reads arbitrary bytes as the first array of an archive, so that the header of an
// array is fuzzed and not the archive.
func FuzzNPZ(f *testing.F) {
	for _, seed := range [][]byte{
		array("<f8", "False", "(2, 2)", []float64{1, 2, 3, 4}),
		array("<U3", "False", "(2,)", runes("a", "b")...),
		array(">i4", "True", "(2, 3)", make([]int32, 6)),
		array("|S2", "False", "(1000000000,)"),
		array("<f8", "False", "(1, 30000000)", []float64{1}),
		array("<f8", "False", "(1, 2147483647)", []float64{1}),
		array("<f8", "False", "(0, 9000000000000000000)"),
	} {
		f.Add(seed, false)
		f.Add([]byte(archive(member{"X.npy", seed})), true)
	}
	f.Fuzz(func(t *testing.T, b []byte, whole bool) {
		if !whole {
			b = []byte(archive(member{"X.npy", b}, member{"y.npy", array("<i8", "False", "(2,)", []int64{1, 2})}))
		}
		readAnything(t, b)
	})
}

// readAnything inspects a file of arbitrary bytes, and reads it if it has a schema.
func readAnything(t *testing.T, b []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	took := allocated(func() { readPath(t, path) })
	if most := 64<<20 + 2000*len(b); took > most {
		t.Errorf("%d bytes take %d of memory: want at most %d", len(b), took, most)
	}
}

func readPath(t *testing.T, path string) {
	t.Helper()
	for _, missing := range []string{spec.MissingRefuse, spec.MissingImpute} {
		report, err := data.Inspect(path, data.Options{Missing: missing})
		if err != nil {
			if !strings.HasPrefix(err.Error(), path+": ") {
				t.Fatalf("error %v does not name the path", err)
			}
			return
		}
		schema, err := report.Schema()
		if err != nil {
			continue
		}
		if err := schema.Validate(); err != nil {
			t.Fatal(err)
		}
		table, labelled, err := data.Read(path, spec.Data{Schema: schema, Missing: missing}, data.Options{Label: report.Columns[report.Label].Name})
		if err != nil || !labelled || table.Rows() != report.Rows {
			t.Fatalf("%d of %d rows are read: %v", table.Rows(), report.Rows, err)
		}
		check := table.ValidateRaw
		if missing == spec.MissingRefuse {
			check = table.Validate
		}
		if err := check(); err != nil {
			t.Fatal(err)
		}
	}
}
