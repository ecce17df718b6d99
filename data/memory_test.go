package data_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// allocated is the number of bytes that f allocates, including bytes that are freed again.
func allocated(do func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// Rows are in memory once, whatever is done with them: everything else that is allocated is a
// small fraction of the rows.
func TestRowsAreHeldOnce(t *testing.T) {
	const images, side, classes = 10_000, 28, 10
	table := data.Table{
		X: make([]float32, images*side*side), Y: make([]int32, images), Features: side * side, Classes: classes,
		Image: spec.Image{Height: side, Width: side, Channels: 1},
	}
	for i := range table.X {
		table.X[i] = float32(i % 2)
	}
	for i := range table.Y {
		table.Y[i] = int32(i % classes)
	}
	rows := 4 * len(table.X)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	plain := table
	plain.Image = spec.Image{}
	folder, file := filepath.Join(t.TempDir(), "rows"), filepath.Join(t.TempDir(), "rows.csv")
	open := func(path string) func() {
		return func() {
			got, err := data.Open(path, classes)
			must(err)
			if got.Rows() != images {
				t.Errorf("%s: %d rows: want %d", path, got.Rows(), images)
			}
		}
	}
	text := 2 * len(table.X) // of a CSV file: it passes through memory, line by line
	for _, c := range []struct {
		name string
		most int
		do   func()
	}{
		{"to write images", rows / 20, func() { must(data.Save(folder, table)) }},
		{"to read images", rows + rows/4, open(folder)},
		{"to write CSV", rows / 20, func() { must(data.Save(file, plain)) }},
		{"to read CSV", rows + rows/4 + text, open(file)},
		{"to read CSV by names", rows + rows/4 + text, func() {
			got, _, err := data.Read(file, spec.Data{Schema: named(table.Features, classes)}, data.Options{})
			must(err)
			if got.Rows() != images {
				t.Errorf("%d rows: want %d", got.Rows(), images)
			}
		}},
		{"to name them", rows / 20, func() { data.Digest(table) }},
		{"to shuffle them and deal them out", rows / 8, func() {
			shuffled := data.Shuffle(table, 1)
			train, holdout, err := data.Holdout(shuffled, spec.One/5, 1)
			must(err)
			_, err = data.Shards(holdout, 4)
			must(err)
			parts, err := data.Dirichlet(train, 10, 0.5, 1)
			must(err)
			must(parts[0].Validate())
			data.Digest(parts[0])
		}},
	} {
		got := allocated(c.do)
		t.Logf("%s: %.3f times the rows", c.name, float64(got)/float64(rows))
		if got > c.most {
			t.Errorf("%s: %d bytes for %d of rows: want at most %d", c.name, got, rows, c.most)
		}
	}
}

// named is the schema of the columns under which a table without a schema is written.
func named(features, classes int) spec.Schema {
	s := spec.Schema{Label: "label"}
	for i := range features {
		s.Columns = append(s.Columns, spec.Column{Name: fmt.Sprintf("f%d", i), Kind: spec.ColumnNumber})
	}
	for i := range classes {
		s.Classes = append(s.Classes, fmt.Sprint(i))
	}
	return s
}

// Memory grows with the data that arrives, not with what a header claims.
func TestLiesTakeNoMemory(t *testing.T) {
	const most = 6 << 20
	images := idx([]uint32{2_000_000, 28, 28}, 1, 2, 3)
	if got := allocated(func() {
		if _, err := data.ReadIDX(bytes.NewReader(images), nil, 10); err == nil {
			t.Error("three pixels make two million images")
		}
	}); got > most {
		t.Errorf("%d bytes of IDX take %d: want at most %d", len(images), got, most)
	}
	// As many lines as columns: were each line a row, they would take 4 TB.
	const many = 1 << 20
	file := strings.Repeat("f,", many) + "label\n" + strings.Repeat("\n", many)
	if got := allocated(func() {
		if _, err := data.ReadCSV(strings.NewReader(file), 10); err == nil {
			t.Error("empty lines are rows")
		}
	}); got > 60*len(file) {
		t.Errorf("%d bytes of CSV take %d: want at most 60 times as many", len(file), got)
	}
}

// A view equals the copy that Select makes, but shares the memory of the rows.
func TestView(t *testing.T) {
	whole := data.Table{X: []float32{1, 2, 3, 4, 5, 6}, Y: []int32{0, 1, 2}, Features: 2, Classes: 3}
	view := whole.View([]int{2, 0}).View([]int{1, 0, 0})
	if got, want := data.Digest(view), data.Digest(whole.Select([]int{0, 2, 2})); got != want || view.Rows() != 3 {
		t.Errorf("%d rows with digest %s: want 3 with %s", view.Rows(), got.Short(), want.Short())
	}
	whole.X[5] = 7
	if row := view.Row(1); row[1] != 7 || cap(row) != 2 {
		t.Errorf("row %v, capacity %d: want it to be the table's own, and to end where it does", row, cap(row))
	}
	for want, spoil := range map[string]func(*data.Table){
		"":                                 func(*data.Table) {},
		"view of 2 rows and 3 labels":      func(t *data.Table) { t.Index = t.Index[:2] },
		"row 1: the view shows row 3 of 3": func(t *data.Table) { t.Index[1] = 3 },
		"row 2: the view shows row -1":     func(t *data.Table) { t.Index[2] = -1 },
	} {
		spoilt := whole.View([]int{0, 1, 2})
		spoil(&spoilt)
		if err := spoilt.Validate(); want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}
}
