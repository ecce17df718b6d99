package data_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/althing-network/althing/data"
)

// ParquetRow has a column of each type.
type ParquetRow struct {
	Age   *int64  `parquet:"age,optional"`
	Size  float32 `parquet:"size"`
	Bytes uint32  `parquet:"bytes"`
	Ward  string  `parquet:"ward,dict,snappy"`
	Well  bool    `parquet:"well"`
	Price int64   `parquet:"price,decimal(2:10)"`
	Day   int32   `parquet:"day,date"`
	Label float64 `parquet:"label,zstd"`
}

// rowsOfParquet is a file of some rows.
func rowsOfParquet[R any](t testing.TB, rows ...R) string {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[R](&b)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parquetRows() []ParquetRow {
	age := int64(-7)
	return []ParquetRow{
		{Age: &age, Size: 0.1, Bytes: math.MaxUint32, Ward: "b", Well: true, Price: -150, Day: 19000, Label: 2},
		{Size: 3, Bytes: 1, Ward: "a", Price: 225, Day: 19001, Label: 1.5},
	}
}

// patched is a file with some bytes replaced.
func patched(file string, at int, b ...byte) string { return file[:at] + string(b) + file[at+len(b):] }

func TestKindsOfParquet(t *testing.T) {
	nan := float32(math.NaN())
	file := rowsOfParquet(t, parquetRows()...)
	type plain struct {
		A     float64 `parquet:"a"`
		Label int32   `parquet:"label"`
	}
	type nested struct {
		A     []float64 `parquet:"a"`
		Label int32     `parquet:"label"`
	}
	impute := data.Options{Missing: "impute"}
	var many []plain
	for i := range 1000 {
		many = append(many, plain{float64(i), int32(i % 2)})
	}
	for _, k := range []kind{
		{
			name: "all types", file: file, options: impute,
			schema: "label: 1.5 2: age size bytes ward(a b) well(False True) price day(2022-01-08 2022-01-09)",
			x:      []float32{-7, 0.1, math.MaxUint32, 0, 1, 0, 1, -1.5, 1, 0, nan, 3, 1, 1, 0, 1, 0, 2.25, 0, 1}, y: []int32{1, 0},
		},
		{name: "many rows", file: rowsOfParquet(t, many...), schema: "label: 0 1: a", x: []float32{0, 1, 2}, y: []int32{0, 1, 0}},
		{name: "written by NumPy", file: "testdata/tables/numpy.npz", schema: "label: a b: age bmi", x: []float32{1.5, 2, 3, 4, 5, 6}, y: []int32{1, 0, 1}},
		{
			name: "written by Arrow", file: "testdata/tables/pyarrow.parquet", options: impute,
			schema: "label: x y: age bmi ward(a b) ok(False True) small price day(2024-01-02)",
			x:      []float32{1, 0.5, 1, 0, 0, 1, 1, 1.5, 1, 2, nan, 0, 1, 1, 0, 2, -2.25, 1}, y: []int32{0, 1, 0},
		},
		{
			name: "written by fastparquet", file: "testdata/tables/fastparquet.parquet", options: impute,
			schema: "label: x y: age bmi ward(a b) ok(False True) small price",
			x:      []float32{1, 0.5, 1, 0, 0, 1, 1, 1.5, 2, nan, 0, 1, 1, 0, 2, -2.25}, y: []int32{0, 1, 0},
		},
		{name: "missing", file: file, problem: `parquet: row 2: column 1 (age): the cell is missing (1 in this column): --missing impute trains with such rows, --drop "age" without the column`},
		{name: "too large", file: rowsOfParquet(t, plain{1, 0}, plain{-1e300, 1}), problem: `parquet: row 2: column 1 (a): "-1e+300" is too large for a float32, whose largest number is 3.4028235e+38`},
		{name: "lists", file: rowsOfParquet(t, nested{[]float64{1, 2}, 0}), problem: `parquet: column "a" holds lists or groups: want one number or text per row`},
		{name: "no rows", file: rowsOfParquet[plain](t), problem: "parquet: no rows"},
		{name: "truncated", file: file[:len(file)-1], problem: "parquet: truncated: the file does not end as Parquet does"},
		{name: "too short", file: "PAR1", problem: "parquet: truncated"},
		{name: "a footer that lies", file: patched(file, len(file)-8, 0xff, 0xff, 0xff, 0x7f), problem: "parquet: the footer says that it has 2147483647 bytes: want at most " + strconv.Itoa(len(file)-12)},
		{name: "a broken footer", file: patched(file, len(file)-20, bytes.Repeat([]byte{0xff}, 12)...), problem: "parquet: a header is broken"},
		{name: "a broken page", file: patched(file, 4, 0xff, 0xff), problem: "parquet: a header is broken"},
	} {
		t.Run(k.name, func(t *testing.T) {
			path := k.file
			if !strings.HasPrefix(path, "testdata/") {
				path = filepath.Join(t.TempDir(), "rows.parquet")
				if err := os.WriteFile(path, []byte(k.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			k.holds(t, path)
		})
	}
}

// A page that claims to uncompress to two gigabytes, or a list that claims as many items,
// takes no memory: it is refused before the library sees it.
func TestParquetThatLiesTakesNoMemory(t *testing.T) {
	file := []byte(rowsOfParquet(t, parquetRows()...))
	footer := len(file) - 8 - int(binary.LittleEndian.Uint32(file[len(file)-8:]))
	for name, lie := range map[string][]byte{
		"a page": append([]byte{0x15, 0x00, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f}, file[12:]...), // field 2, 2^31-1
		"a list": bytes.Replace(file, file[footer:footer+4], []byte{0x19, 0xfc, 0xff, 0x7f}, 1),
	} {
		lie = append([]byte("PAR1"), lie...)
		if name == "a list" {
			lie = lie[4:]
		}
		path := filepath.Join(t.TempDir(), "rows.parquet")
		if err := os.WriteFile(path, lie, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := allocated(func() {
			if _, err := data.Inspect(path, data.Options{}); err == nil {
				t.Errorf("%s: a lie is read", name)
			}
		}); got > 1<<20 {
			t.Errorf("%s: %d bytes take %d", name, len(lie), got)
		}
	}
}

func FuzzParquet(f *testing.F) {
	file := rowsOfParquet(f, parquetRows()...)
	f.Add([]byte(file))
	for _, name := range []string{"pyarrow.parquet", "fastparquet.parquet"} {
		b, err := os.ReadFile(filepath.Join("testdata", "tables", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { readAnything(t, append([]byte("PAR1"), b[min(4, len(b)):]...)) })
}
