package data_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// kind is one kind of table that people have, with the expected values or the exact error.
type kind struct {
	name    string
	file    string // its content, or testdata/tables/ and a name
	options data.Options
	schema  string // "label: classes: columns", as summary writes it
	x       []float32
	y       []int32
	targets []float32
	note    string
	problem string
}

func kinds() []kind {
	nan := float32(math.NaN())
	yes, no := true, false
	impute := data.Options{Missing: spec.MissingImpute}
	first := []float32{-0.128, 0.256, 0.651}
	return []kind{
		{name: "comma", file: "testdata/tables/plain.csv", schema: "label: 0 1 2: age bmi bp", x: first, y: []int32{0, 1, 2}},
		{name: "columns swapped", file: "testdata/tables/permuted.csv", schema: "label: 0 1 2: bmi age bp", x: []float32{0.256, -0.128, 0.651}, y: []int32{0, 1, 2}},
		{name: "semicolon", file: "testdata/tables/semicolon.csv", schema: "label: 0 1 2: age bmi bp", x: first, y: []int32{0, 1, 2}},
		{name: "byte order mark, label first", file: "testdata/tables/bom_label_first.csv", schema: "label: 0 1 2: age bmi bp", x: first, y: []int32{0, 1, 2}},
		{name: "string classes", file: "testdata/tables/label_str.csv", schema: "label: setosa versi virg: age bmi bp", x: first, y: []int32{0, 1, 2}},
		{name: "huge scale", file: "testdata/tables/huge_scale.csv", schema: "label: 0 1 2: age bmi bp", x: []float32{-1.28e29, 0.256, 0.651}, y: []int32{0, 1, 2}},
		{name: "one class", file: "testdata/tables/one_class.csv", problem: `the label column "label" has only one class, "0", in all 120 rows: want at least 2`},

		{name: "tab", file: "a\tb\tlabel\n1\t2\t0\n3\t\t1\n", options: impute, schema: "label: 0 1: a b", x: []float32{1, 2, 3, nan}, y: []int32{0, 1}},
		{name: "CRLF", file: "a,label\r\n1,0\r\n2,1\r\n", schema: "label: 0 1: a", x: []float32{1, 2}, y: []int32{0, 1}},
		{name: "CR", file: "a,label\r1,0\r2,1\r", schema: "label: 0 1: a", x: []float32{1, 2}, y: []int32{0, 1}},
		{name: "quotes", file: "\"a, b\",\"label\"\n\"1.5\",\"no, \"\"never\"\"\"\n 2 , yes\n", schema: `label: no, "never" yes: a, b`, x: []float32{1.5, 2}, y: []int32{0, 1}},
		{name: "one column of texts", file: "a,kind\n1,x\n2,w\n", schema: "kind: w x: a", x: []float32{1, 2}, y: []int32{1, 0}},
		{name: "a label by another name", file: "Species,a\nx,1\nw,2\n", schema: "Species: w x: a", x: []float32{1, 2}, y: []int32{1, 0}},
		{name: "a label last", file: "a,b\n1,1\n2,0\n", schema: "b: 0 1: a", x: []float32{1, 2}, y: []int32{1, 0}},
		{name: "a label asked for", file: "a,b,label\n1,1,5\n2,0,6\n", options: data.Options{Label: "b"}, schema: "b: 0 1: a label", x: []float32{1, 5, 2, 6}, y: []int32{1, 0}},
		{name: "classes from 1", file: "a,label\n1,2\n2,10\n3,1\n", schema: "label: 1 2 10: a", x: []float32{1, 2, 3}, y: []int32{1, 2, 0}},
		{name: "float classes", file: "a,label\n1,1.5\n2,-0.5\n3,1.50\n", schema: "label: -0.5 1.5: a", x: []float32{1, 2, 3}, y: []int32{1, 0, 1}},
		{name: "an index", file: "id,a,label\n1,5,0\n2,6,1\n", schema: "label: 0 1: id a", x: []float32{1, 5, 2, 6}, y: []int32{0, 1}, note: `column 1 (id) numbers the rows and would be learned from: --drop "id" leaves it out`},
		{name: "an index left out", file: ",a,label\n0,5,0\n1,6,1\n", options: data.Options{Drop: []string{"Unnamed: 0"}}, schema: "label: 0 1: a", x: []float32{5, 6}, y: []int32{0, 1}},
		{name: "a category", file: "sex,a,label\nm,5,0\nf,6,1\n", schema: "label: 0 1: sex(f m) a", x: []float32{0, 1, 5, 1, 0, 6}, y: []int32{0, 1}},
		{name: "a category of numbers", file: "ward,label\n10,0\n9,1\n9.0,1\n", options: data.Options{Categories: []string{"ward"}}, schema: "label: 0 1: ward(9 10)", x: []float32{0, 1, 1, 0, 1, 0}, y: []int32{0, 1, 1}},
		{name: "missing cells", file: "sex,a,label\n?,5,0\nf,NA,1\nm,NaN,1\n", options: impute, schema: "label: 0 1: sex(f m) a", x: []float32{0, 0, 5, 1, 0, nan, 0, 1, nan}, y: []int32{0, 1, 1}},
		{name: "a number to predict", file: "a,target\n1,0.5\n2,1\n", options: data.Options{Regression: &yes}, schema: "target: : a", x: []float32{1, 2}, y: []int32{0, 0}, targets: []float32{0.5, 1}},
		{name: "many numbers", file: "a,target\n" + strings.Join(series(30, "%d,%d.5\n"), ""), note: `the label "target" has many different numbers and is predicted as a number: --regression=false takes them for classes`, schema: "target: : a", x: []float32{0, 1}, y: []int32{0, 0}, targets: []float32{0.5, 1.5}},
		{name: "many integers", file: "a,target\n" + strings.Join(series(30, "%d,%d\n"), ""), note: `the label "target" has many different numbers and is predicted as a number: --regression=false takes them for classes`, schema: "target: : a", x: []float32{0, 1}, y: []int32{0, 0}, targets: []float32{0, 1}},
		{name: "many classes", file: "a,target\n" + strings.Join(series(3, "%d,%d\n"), ""), options: data.Options{Regression: &no}, schema: "target: 0 1 2: a", x: []float32{0, 1, 2}, y: []int32{0, 1, 2}},

		{name: "a wide table", file: wide(600, "0", "1"), schema: ": : ", x: []float32{7, 7}, y: []int32{0, 1}},
		{name: "a wide table with classes from 1", file: wide(600, "1", "2"), problem: `600 columns beside the label, and a schema names at most 512: without one, labels are integers from 0, without gaps, and every other cell is a number`},
		{name: "empty", file: "", problem: "csv: the file is empty: want a header line"},
		{name: "no rows", file: "a,label\n", problem: "csv: no rows"},
		{name: "no header", file: "5.1,3.5,setosa\n4.9,3.0,versi\n", problem: `csv: a column is named "3.5", as if the first line were a row: want a line that names the columns`},
		{name: "two labels", file: "target,class,a\n0,1,2\n", problem: `more than one column could be the label: choose one with --label, from "target", "class"`},
		{name: "no label", file: "a,b,c\n" + strings.Join(series(30, "1,2,%d.%d\n"), ""), problem: `cannot tell which column is the label: choose one with --label, from "a", "b", "c"`},
		{name: "no such label", file: "a,b\n1,2\n", options: data.Options{Label: "c"}, problem: `no column is named "c": --label names one of "a", "b"`},
		{name: "no such column", file: "a,label\n1,2\n3,1\n", options: data.Options{Drop: []string{"c"}}, problem: `no column is named "c": the file has "a", "label"`},
		{name: "UTF-16", file: "\xff\xfea\x00,\x00b\x00", problem: "csv: the file is UTF-16: save it as UTF-8"},
		{name: "UTF-16 without a mark", file: "a\x00,\x00b\x00", problem: "csv: the file is no text, or UTF-16: save it as CSV in UTF-8"},
		{name: "Latin-1", file: "town,label\nK\xf6ln,0\nBonn,1\n", problem: `csv: line 2: column 1 (town): the text is not UTF-8, but perhaps Latin-1 or Windows-1252: save the file as UTF-8`},
		{name: "Latin-1 label", file: "a,town\n1,Bonn\n2,K\xf6ln\n", problem: `csv: line 3: column 2 (town): the text is not UTF-8, but perhaps Latin-1 or Windows-1252: save the file as UTF-8`},
		{name: "Latin-1 header", file: "gr\xf6\xdfe,label\n1,0\n", problem: `csv: line 1: name of a column "gr\xf6\xdfe": the text is not UTF-8, but perhaps Latin-1 or Windows-1252: save the file as UTF-8`},
		{name: "gzip", file: "\x1f\x8b\x08\x00", problem: "csv: the file is compressed with gzip: unpack it first"},
		{name: "thousands separators", file: "a,label\n\"12,345,678.5\",0\n1,1\n", problem: `csv: line 2: column 1 (a): "12,345,678.5" has thousands separators: write numbers with a decimal point and without thousands separators`},
		{name: "one comma", file: "a;label\n1;0\n1,234;1\n", problem: `csv: line 3: column 1 (a): "1,234" has a thousands separator or a decimal comma: write numbers with a decimal point and without thousands separators`},
		{name: "spaces", file: "a,label\n1 234,0\n1,1\n", problem: `csv: line 2: column 1 (a): "1 234" has thousands separators: write numbers with a decimal point and without thousands separators`},
		{name: "underscores", file: "a,label\n1_000,0\n1,1\n", problem: `csv: line 2: column 1 (a): "1_000" has thousands separators: write numbers with a decimal point and without thousands separators`},
		{name: "underscores in categories", file: "a,label\n2_1,0\n2_2,1\n2_1,1\n", schema: "label: 0 1: a(2_1 2_2)", x: []float32{1, 0, 0, 1}, y: []int32{0, 1}},
		{name: "hexadecimal", file: "a,label\n" + strings.Repeat("1,0\n2,1\n", 10) + "0x1p3,0\n", problem: `csv: line 22: column 1 (a): "0x1p3" is not a finite number, as the other cells of its column are: --drop "a" leaves the column out, --categories "a" takes each text for a category`},
		{name: "decimal comma", file: "a;label\n1,5;0\n2,25;1\n", problem: `csv: line 2: column 1 (a): "1,5" has a decimal comma: write numbers with a decimal point and without thousands separators`},
		{name: "decimal comma in the label", file: "a;label\n1;0,5\n2;1\n", problem: `csv: line 2: column 2 (label): "0,5" has a decimal comma: write numbers with a decimal point and without thousands separators`},
		{name: "too large", file: "a,label\n1,0\n1e39,1\n", problem: `csv: line 3: column 1 (a): "1e39" is too large for a float32, whose largest number is 3.4028235e+38`},
		{name: "a duplicate column", file: "a,b,a,label\n1,2,3,0\n", problem: `csv: line 1: more than one column is named "a"`},
		{name: "a short row", file: "a,b,label\n1,2,0\n1,2\n", problem: "csv: line 3: 2 columns: want 3"},
		{name: "a stray quote", file: "a,label\n1\",0\n", problem: `csv: parse error on line 2, column 2: bare " in non-quoted-field`},
		{name: "missing and not decided", file: "a,label\n1,0\n,1\n", problem: `csv: line 3: column 1 (a): the cell is missing (1 in this column): --missing impute trains with such rows, --drop "a" without the column`},
		{name: "a missing label", file: "a,label\n1,0\n2,\n3,1\n", problem: "csv: line 3: column 2 (label): the cell is missing (1 in this column): leave rows without a label out"},
		{name: "an empty column", file: "a,b,label\n1,,0\n2,,1\n", options: impute, problem: `no cell of column "b" has a value: --drop "b" leaves it out`},
		{name: "almost a number", file: "a,label\n" + strings.Repeat("1,0\n2,1\n", 10) + "unknown,0\n", problem: `csv: line 22: column 1 (a): "unknown" is not a finite number, as the other cells of its column are: --drop "a" leaves the column out, --categories "a" takes each text for a category`},
		{name: "names of people", file: "name,label\n" + strings.Join(series(300, "n%d,%d\n"), ""), options: data.Options{Label: "label", Regression: &yes}, problem: `column "name" has more than 256 different texts, too many for a category: --drop "name" leaves it out`},
		{name: "texts to predict", file: "a,label\n1,x\n2,y\n", options: data.Options{Regression: &yes}, problem: `csv: line 2: column 2 (label): "x" is not a finite number, but a label predicted as a number must be one`},
		{name: "infinite", file: "a,label\n" + strings.Repeat("1,0\n2,1\n", 10) + "inf,0\n", problem: `csv: line 22: column 1 (a): "inf" is not a finite number, as the other cells of its column are: --drop "a" leaves the column out, --categories "a" takes each text for a category`},
	}
}

// series formats n lines with two numbers each.
func series(n int, line string) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf(line, i, i))
	}
	return lines
}

// wide is a table of as many columns of sevens, and a label, one row for each.
func wide(columns int, labels ...string) string {
	var b strings.Builder
	for i := range columns {
		fmt.Fprintf(&b, "p%d,", i)
	}
	b.WriteString("label\n")
	for _, label := range labels {
		b.WriteString(strings.Repeat("7,", columns) + label + "\n")
	}
	return b.String()
}

func TestKindsOfTables(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			path := k.file
			if !strings.HasPrefix(path, "testdata/") {
				path = filepath.Join(t.TempDir(), "rows")
				if err := os.WriteFile(path, []byte(k.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			k.holds(t, path)
		})
	}
}

// holds fails unless a file gives the values, or the refusal.
func (k kind) holds(t *testing.T, path string) {
	t.Helper()
	report, err := data.Inspect(path, k.options)
	var schema spec.Schema
	if err == nil {
		schema, err = report.Schema()
	}
	if k.problem != "" {
		if err == nil || err.Error() != path+": "+k.problem {
			t.Errorf("\n got %v\nwant %s: %s", err, path, k.problem)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := summary(schema); got != k.schema {
		t.Errorf("schema %q: want %q", got, k.schema)
	}
	if got := strings.Join(report.Notes, "; "); got != k.note {
		t.Errorf("notes %q: want %q", got, k.note)
	}
	table, labelled, err := data.Read(path, spec.Data{Schema: schema, Missing: k.options.Missing}, k.options)
	if err != nil || !labelled {
		t.Fatal(labelled, err)
	}
	if err := table.ValidateRaw(); err != nil || table.Rows() != report.Rows {
		t.Errorf("%v: %d rows: want %d", err, table.Rows(), report.Rows)
	}
	if got := table.X[:min(len(k.x), len(table.X))]; !slices.EqualFunc(got, k.x, same) {
		t.Errorf("features %v: want %v", got, k.x)
	}
	if got := table.Y[:min(len(k.y), len(table.Y))]; !slices.Equal(got, k.y) {
		t.Errorf("labels %v: want %v", got, k.y)
	}
	if got := table.Targets[:min(len(k.targets), len(table.Targets))]; !slices.EqualFunc(got, k.targets, same) || (len(k.targets) > 0) != (table.Targets != nil) {
		t.Errorf("targets %v: want %v", got, k.targets)
	}
	if k.options.Missing != spec.MissingImpute {
		k.options.Missing = spec.MissingRefuse
	}
	copied := filepath.Join(t.TempDir(), "copy.csv")
	if err := data.Save(copied, table); err != nil {
		t.Fatal(err)
	}
	if schema.IsZero() {
		k.options.Classes = table.Classes
	}
	again, _, err := data.Read(copied, spec.Data{Schema: schema, Missing: k.options.Missing}, data.Options{Classes: k.options.Classes})
	if err != nil || data.Digest(again) != data.Digest(table) {
		t.Errorf("a copy differs: %v", err)
	}
}

func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || math.IsNaN(float64(a)) && math.IsNaN(float64(b))
}

// summary is a schema in a few words.
func summary(s spec.Schema) string {
	var columns []string
	for _, c := range s.Columns {
		text := c.Name
		if c.Kind == spec.ColumnCategory {
			text += "(" + strings.Join(c.Values, " ") + ")"
		}
		columns = append(columns, text)
	}
	return s.Label + ": " + strings.Join(s.Classes, " ") + ": " + strings.Join(columns, " ")
}

// Columns go by name: a table with two columns swapped, names and cells, gives the same
// rows under the schema of the other.
func TestColumnsGoByName(t *testing.T) {
	plain := filepath.Join("testdata", "tables", "plain.csv")
	report, err := data.Inspect(plain, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := report.Schema()
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := data.Read(plain, spec.Data{Schema: schema}, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"permuted.csv", "semicolon.csv", "bom_label_first.csv"} {
		got, labelled, err := data.Read(filepath.Join("testdata", "tables", other), spec.Data{Schema: schema}, data.Options{})
		if err != nil || !labelled {
			t.Fatal(labelled, err)
		}
		if data.Digest(got) != data.Digest(want) {
			t.Errorf("%s: the rows differ", other)
		}
	}
}

// Rows that do not fit a schema are refused, and the error names the first difference.
func TestMisfits(t *testing.T) {
	schema := visits().Schema
	number := spec.Schema{Label: "ill", Columns: schema.Columns}
	for _, c := range []struct {
		name, file, missing string
		schema              spec.Schema
		options             data.Options
		want                string
	}{
		{name: "fits", file: "sex,ill,age\nf,yes,1\n", schema: schema},
		{name: "without labels", file: "sex,age\nf,1\n", schema: schema},
		{name: "labels left out", file: "sex,ill,age\nf,,1\n", schema: schema, options: data.Options{Drop: []string{"ill"}}},
		{name: "a label by another name", file: "sex,sick,age\nf,yes,1\n", schema: schema, options: data.Options{Label: "sick"}},
		{name: "missing cells", file: "sex,ill,age\nx,yes,1\n,no,\n", schema: schema, missing: spec.MissingImpute},
		{name: "one column more, left out", file: "id,sex,ill,age\n1,f,yes,1\n", schema: schema, options: data.Options{Drop: []string{"id"}}},
		{name: "no column", file: "sex,ill,weight\nf,yes,1\n", schema: schema, want: `the rows do not fit the schema: no column is named "age"; the file has "sex", "ill", "weight"`},
		{name: "two columns more", file: "id,sex,ill,visit,age\n1,f,yes,2,1\n", schema: schema, want: `the rows do not fit the schema: the schema has no columns "id", "visit": leave them out with --drop, or as drop in node.json; the file has "id", "sex", "ill", "visit", "age"`},
		{name: "a column in other letters", file: "sex,ill,AGE\nf,yes,1\n", schema: schema, want: `the rows do not fit the schema: no column is named "age": the nearest is "AGE"; the file has "sex", "ill", "AGE"`},
		{name: "one column more", file: "id,sex,ill,age\n1,f,yes,1\n", schema: schema, want: `the rows do not fit the schema: the schema has no column "id": leave it out with --drop, or as drop in node.json; the file has "id", "sex", "ill", "age"`},
		{name: "a column that was left out", file: "sex,ill,age\nf,yes,1\n", schema: schema, options: data.Options{Drop: []string{"age"}}, want: `the rows do not fit the schema: it wants the column "age", which is left out with --drop; the file has "sex", "ill", "age"`},
		{name: "another class", file: "sex,ill,age\nf,yes,1\nf,perhaps,1\n", schema: schema, want: `csv: line 3: column 2 (ill): the rows do not fit the schema: "perhaps" is not a class: want one of "no", "yes"`},
		{name: "another value", file: "sex,ill,age\nx,yes,1\n", schema: schema, want: `csv: line 2: column 1 (sex): the rows do not fit the schema: "x" is not a value of this category: want one of "f", "m"`},
		{name: "a missing value", file: "sex,ill,age\n?,yes,1\n", schema: schema, want: `csv: line 2: column 1 (sex): the rows do not fit the schema: the cell is missing`},
		{name: "a missing number", file: "sex,ill,age\nf,yes,\n", schema: schema, missing: spec.MissingRefuse, want: `csv: line 2: column 3 (age): the rows do not fit the schema: the cell is missing`},
		{name: "a missing label", file: "sex,ill,age\nf,NA,1\n", schema: schema, want: `csv: line 2: column 2 (ill): the rows do not fit the schema: the label is missing`},
		{name: "a text", file: "sex,ill,age\nf,yes,old\n", schema: schema, missing: spec.MissingImpute, want: `csv: line 2: column 3 (age): the rows do not fit the schema: "old" is not a finite number`},
		{name: "a class for a number", file: "sex,ill,age\nf,yes,1\n", schema: number, want: `csv: line 2: column 2 (ill): the rows do not fit the schema: "yes" is not a finite number`},
		{name: "a missing target", file: "sex,ill,age\nf,,1\n", schema: number, want: `csv: line 2: column 2 (ill): the rows do not fit the schema: the label is missing`},
	} {
		path := filepath.Join(t.TempDir(), "rows.csv")
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		table, labelled, err := data.Read(path, spec.Data{Schema: c.schema, Missing: c.missing}, c.options)
		if c.want != "" {
			if err == nil || err.Error() != path+": "+c.want || !errors.Is(err, data.ErrMisfit) {
				t.Errorf("%s:\n got %v\nwant %s", c.name, err, c.want)
			}
			continue
		}
		if err != nil || labelled == (c.name == "without labels" || c.name == "labels left out") || table.ValidateRaw() != nil {
			t.Errorf("%s: labelled %v, %v, %v", c.name, labelled, err, table.ValidateRaw())
		}
	}
	folder := t.TempDir()
	if _, _, err := data.Read(folder, spec.Data{Schema: schema}, data.Options{}); !errors.Is(err, data.ErrMisfit) || err.Error() != folder+": the rows do not fit the schema: the schema names columns, and this folder holds images" {
		t.Errorf("a folder: %v", err)
	}
	if _, _, err := data.Read("none", spec.Data{}, data.Options{}); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, data.ErrMisfit) {
		t.Errorf("no file: %v", err)
	}
}

// Fitting leaves out only the rows that do not fit; if the columns do not fit, it fails.
func TestFittingRows(t *testing.T) {
	named := spec.Data{Schema: visits().Schema}
	numbers := spec.Data{Schema: spec.Schema{Label: "ill", Columns: named.Schema.Columns}}
	for _, c := range []struct {
		name, head, more string // the row that does not fit
		asked            spec.Data
	}{
		{"a value that is not listed", "sex,ill,age\nf,yes,1\n", "x,no,2\n", named},
		{"a class that is not listed", "sex,ill,age\nf,yes,1\n", "f,perhaps,2\n", named},
		{"a missing number", "sex,ill,age\nf,yes,1\n", "m,no,\n", named},
		{"a missing category", "age,sex,ill\n1,f,yes\n", "2,,no\n", named},
		{"a huge number", "sex,ill,age\nf,yes,1\n", "m,no,1e39\n", named},
		{"a missing label", "age,sex,ill\n1,f,yes\n", "2,m,\n", named},
		{"a target that is none", "sex,ill,age\nf,0.5,1\n", "f,no,2\n", numbers},
		{"by places, a text", "a,b,label\n1,2,0\n", "3,x,7\n", spec.Data{}},
		{"by places, a label", "a,b,label\n1,2,0\n", "3,4,-1\n", spec.Data{}},
	} {
		read := func(text string) (*data.File, data.Table) {
			f := &data.File{Path: filepath.Join(t.TempDir(), "rows.csv")}
			if err := os.WriteFile(f.Path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			rows, err := f.Fitting(c.asked)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			return f, rows
		}
		last := strings.SplitAfter(c.head, "\n")[1]
		_, want := read(c.head + last)
		f, got := read(c.head + c.more + last)
		if _, err := f.Rows(c.asked); !errors.Is(err, data.ErrMisfit) {
			t.Errorf("%s: it fits: %v", c.name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" || got.Rows() != 2 || got.Validate() != nil {
			t.Errorf("%s: (-without it +with it):\n%s", c.name, diff)
		}
		if _, none := read(strings.SplitAfter(c.head, "\n")[0] + c.more); none.Rows() != 0 || none.Features != want.Features || none.Validate() != nil {
			t.Errorf("%s alone: %d rows of %d features", c.name, none.Rows(), none.Features)
		}
	}
	path := filepath.Join(t.TempDir(), "rows.csv")
	if err := os.WriteFile(path, []byte("sex,ill,weight\nf,yes,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (&data.File{Path: path}).Fitting(named); !errors.Is(err, data.ErrMisfit) {
		t.Errorf("other columns: %v", err)
	}
}

// Without a schema features are identified by position, with labels or without.
func TestReadByPlaces(t *testing.T) {
	for _, c := range []struct {
		name, file string
		options    data.Options
		want       data.Table
		labelled   bool
	}{
		{"labelled", "b,a,label\n1,2,3\n", data.Options{}, data.Table{X: []float32{1, 2}, Y: []int32{3}, Features: 2, Classes: 4}, true},
		{"classes given", "b,a,label\n1,2,3\n", data.Options{Classes: 9}, data.Table{X: []float32{1, 2}, Y: []int32{3}, Features: 2, Classes: 9}, true},
		{"another label", "b,a,c\n1,2,0\n", data.Options{Label: "a", Drop: []string{"c"}}, data.Table{X: []float32{1}, Y: []int32{2}, Features: 1, Classes: 3}, true},
		{"no labels", "b,a\n1,2\n", data.Options{}, data.Table{X: []float32{1, 2}, Y: []int32{0}, Features: 2, Classes: 2}, false},
	} {
		path := filepath.Join(t.TempDir(), "rows.csv")
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		got, labelled, err := data.Read(path, spec.Data{}, c.options)
		if diff := cmp.Diff(c.want, got); err != nil || labelled != c.labelled || diff != "" {
			t.Errorf("%s: labelled %v, %v (-want +got):\n%s", c.name, labelled, err, diff)
		}
	}
}
