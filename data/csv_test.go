package data_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/data"
)

func TestReadCSV(t *testing.T) {
	got, err := data.ReadCSV(strings.NewReader("age,label,\"blood, mmol\"\n1,2,-0.5\n3e1,0,0.1\n"), 3)
	if err != nil {
		t.Fatal(err)
	}
	want := data.Table{X: []float32{1, -0.5, 30, 0.1}, Y: []int32{2, 0}, Features: 2, Classes: 3}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("table (-want +got):\n%s", d)
	}
}

func TestWriteCSV(t *testing.T) {
	var out strings.Builder
	table := data.Table{X: []float32{0.1, 1e-45, -3, math.MaxFloat32}, Y: []int32{1, 0}, Features: 2, Classes: 2}
	if err := data.WriteCSV(&out, table); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("f0,f1,label\n0.1,1e-45,1\n-3,3.4028235e+38,0\n", out.String()); d != "" {
		t.Errorf("csv (-want +got):\n%s", d)
	}
}

func TestReadCSVRefuses(t *testing.T) {
	const classes = 3
	for _, c := range []struct{ name, file, want string }{
		{"empty file", "", "csv: the file is empty: want a header line"},
		{"header only", "f0,label\n", "csv: no rows"},
		{"no label column", "f0,f1\n1,2\n", `csv: line 1: no column is named "label": the file has "f0", "f1"`},
		{"two label columns", "label,f0,label\n1,2,1\n", `csv: line 1: more than one column is named "label"`},
		{"nothing but a label", "label\n1\n", "csv: line 1: no feature columns beside the label"},
		{"truncated row", "f0,f1,label\n1,2,0\n1,2\n", "csv: line 3: 2 columns: want 3"},
		{"row too long", "f0,label\n1,0,0\n", "csv: line 2: 3 columns: want 2"},
		{"label missing", "f0,label\n1,\n", "csv: line 2: column 2 (label): the label is missing"},
		{"label not an integer", "f0,label\n1,1.0\n", `csv: line 2: column 2 (label): "1.0" is not an integer`},
		{"label negative", "f0,label\n1,-1\n", "csv: line 2: column 2 (label): label -1 is not a class: want 0 to 2"},
		{"label too large", "f0,label\n1,0\n\n1,3\n", "csv: line 4: column 2 (label): label 3 is not a class: want 0 to 2"},
		{"label huge", "f0,label\n1,99999999999\n", `csv: line 2: column 2 (label): "99999999999" is not an integer`},
		{"NaN", "f0,f1,label\n1,NaN,0\n", `csv: line 2: column 2 (f1): the cell is missing`},
		{"Inf", "f0,f1,label\n-Inf,1,0\n", `csv: line 2: column 1 (f0): "-Inf" is not a finite number`},
		{"beyond float32", "f0,label\n1e39,0\n", `csv: line 2: column 1 (f0): "1e39" is too large for a float32, whose largest number is 3.4028235e+38`},
		{"empty feature", "f0,label\n,0\n", `csv: line 2: column 1 (f0): the cell is missing`},
		{"words", "f0,label\ncat,0\n", `csv: line 2: column 1 (f0): "cat" is not a finite number`},
		{"bare quote", "f0,label\n1\",0\n", `csv: parse error on line 2, column 2: bare " in non-quoted-field`},
		{"bare quote in the header", "f\"0,label\n", `csv: header: parse error on line 1, column 2: bare " in non-quoted-field`},
	} {
		_, err := data.ReadCSV(strings.NewReader(c.file), classes)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
		}
	}
	if _, err := data.ReadCSV(strings.NewReader("f0,label\n1,0\n"), 0); err == nil {
		t.Error("no classes at all are taken")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error)  { return 0, errors.New("disk on fire") }
func (broken) Write([]byte) (int, error) { return 0, errors.New("disk on fire") }

func TestCSVPassesOnErrors(t *testing.T) {
	if _, err := data.ReadCSV(broken{}, 2); err == nil || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("read: got error %v", err)
	}
	if err := data.WriteCSV(broken{}, digits(t)); err == nil || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("write: got error %v", err)
	}
}

func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { roundTrip(t, tables(1).Draw(t, "table")) })
	roundTrip(t, digits(t))
}

// roundTrip compares digests, which are over bits: -0 must stay -0.
func roundTrip(t interface{ Fatal(...any) }, table data.Table) {
	var file bytes.Buffer
	if err := data.WriteCSV(&file, table); err != nil {
		t.Fatal(err)
	}
	back, err := data.ReadCSV(&file, table.Classes)
	if err != nil {
		t.Fatal(err)
	}
	if data.Digest(back) != data.Digest(table) {
		t.Fatal("the table changed on its way through CSV:", cmp.Diff(table, back))
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("f0,f1,label\n1,2,0\n-0,1e-45,9\n"))
	f.Add([]byte("label,\"a\"\"b\"\r\n3,0x1p-2\r\n"))
	f.Add([]byte("f0,label\n1,NaN\n"))
	f.Add([]byte("f0,label\nInf,1\n1"))
	f.Add([]byte(""))
	f.Fuzz(func(t *testing.T, file []byte) {
		table, err := data.ReadCSV(bytes.NewReader(file), 10)
		if err != nil {
			return
		}
		if err := table.Validate(); err != nil {
			t.Fatalf("an invalid table was read: %v", err)
		}
		roundTrip(t, table)
	})
}

// Any file is either read as it was inspected, or refused.
func FuzzInspect(f *testing.F) {
	for _, k := range kinds() {
		if !strings.HasPrefix(k.file, "testdata/") && len(k.file) < 1000 {
			f.Add([]byte(k.file))
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) { readAnything(t, file) })
}
