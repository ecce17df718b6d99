package data_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

// tables draws tables whose rows are all different.
func tables(minRows int) *rapid.Generator[data.Table] {
	return rapid.Custom(func(t *rapid.T) data.Table {
		table := data.Table{
			Features: rapid.IntRange(1, 4).Draw(t, "features"),
			Classes:  rapid.IntRange(1, 6).Draw(t, "classes"),
		}
		rows := rapid.IntRange(minRows, 120).Draw(t, "rows")
		for i := range rows {
			table.X = append(table.X, float32(i))
			for range table.Features - 1 {
				table.X = append(table.X, rapid.Float32().Draw(t, "x"))
			}
			table.Y = append(table.Y, int32(rapid.IntRange(0, table.Classes-1).Draw(t, "y")))
		}
		return table
	})
}

// rowsOf lists the rows of some tables, sorted by their first feature: two
// lists are equal when the tables hold the same rows the same number of times.
func rowsOf(tables ...data.Table) (rows [][]float32) {
	for _, t := range tables {
		for i, y := range t.Y {
			rows = append(rows, append(slices.Clone(t.Row(i)), float32(y)))
		}
	}
	slices.SortFunc(rows, func(a, b []float32) int { return slices.Compare(a, b) })
	return rows
}

// conserved fails unless the parts hold exactly the rows of the whole.
func conserved(t *rapid.T, whole data.Table, parts ...data.Table) {
	for i, p := range parts {
		if err := p.Validate(); err != nil {
			t.Fatalf("part %d: %v", i, err)
		}
	}
	if d := cmp.Diff(rowsOf(whole), rowsOf(parts...)); d != "" {
		t.Fatalf("rows are not conserved (-whole +parts):\n%s", d)
	}
}

func TestTableSelectCopies(t *testing.T) {
	whole := data.Table{X: []float32{1, 2, 3, 4, 5, 6}, Y: []int32{0, 1, 2}, Features: 2, Classes: 3}
	part := whole.Select([]int{2, 0})
	part.X[0] = 9
	want := data.Table{X: []float32{9, 6, 1, 2}, Y: []int32{2, 0}, Features: 2, Classes: 3}
	if d := cmp.Diff(want, part); d != "" {
		t.Errorf("select (-want +got):\n%s", d)
	}
	if whole.X[4] != 5 {
		t.Error("the selection shares memory with the table")
	}
	if d := cmp.Diff([]int{1, 1, 1}, whole.Counts()); d != "" {
		t.Errorf("counts (-want +got):\n%s", d)
	}
}

// Views and selections, and views of views, have the numbers of the rows that they show.
func TestTableOfNumbers(t *testing.T) {
	whole := data.Table{X: []float32{1, 2, 3, 4}, Y: make([]int32, 4), Targets: []float32{10, 20, 30, 40}, Features: 1, Classes: 1}
	for _, part := range []data.Table{
		whole.Select([]int{3, 1}),
		whole.View([]int{3, 1}),
		whole.View([]int{0, 3, 1}).View([]int{1, 2}),
		whole.View([]int{0, 3, 1}).Select([]int{1, 2}),
	} {
		if err := part.Validate(); err != nil {
			t.Error(err)
		}
		if !slices.Equal(part.Targets, []float32{40, 20}) || part.Row(0)[0] != 4 || part.Row(1)[0] != 2 {
			t.Errorf("got %+v, want rows 4 and 2 with their numbers", part)
		}
		part.Targets[0] = 0
	}
	if whole.Targets[3] != 40 {
		t.Error("a part shares its numbers with the table")
	}
	if empty := whole.Select(nil); empty.Targets == nil || empty.Validate() != nil {
		t.Error("without rows it is no table of numbers any more")
	}
}

func TestTableValidate(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name  string
		table data.Table
		want  string
	}{
		{"no rows", data.Table{Features: 1, Classes: 1}, ""},
		{"good", data.Table{X: []float32{1, 2}, Y: []int32{1}, Features: 2, Classes: 2}, ""},
		{"no features", data.Table{Classes: 1}, "0 features"},
		{"no classes", data.Table{Features: 1}, "0 classes"},
		{"images", data.Table{Features: 6, Classes: 1, Image: spec.Image{Height: 2, Width: 3, Channels: 1}}, ""},
		{"other images", data.Table{Features: 6, Classes: 1, Image: spec.Image{Height: 3, Width: 3, Channels: 1}}, "6 features and images of 3x3x1"},
		{"ragged", data.Table{X: []float32{1, 2, 3}, Y: []int32{0}, Features: 2, Classes: 1}, "3 values and 1 labels"},
		{"unlabelled", data.Table{X: []float32{1, 2}, Features: 2, Classes: 1}, "2 values and 0 labels"},
		{"label too large", data.Table{X: []float32{1}, Y: []int32{2}, Features: 1, Classes: 2}, "row 0: label 2"},
		{"label negative", data.Table{X: []float32{1}, Y: []int32{-1}, Features: 1, Classes: 2}, "label -1"},
		{"numbers", data.Table{X: []float32{1, 2}, Y: []int32{0, 0}, Targets: []float32{-1, 2.5}, Features: 1, Classes: 1}, ""},
		{"a number short", data.Table{X: []float32{1, 2}, Y: []int32{0, 0}, Targets: []float32{-1}, Features: 1, Classes: 1}, "2 rows and 1 targets"},
		{"numbers and classes", data.Table{X: []float32{1}, Y: []int32{0}, Targets: []float32{-1}, Features: 1, Classes: 2}, "targets and of 2 classes: want 1"},
		{"nan of a label", data.Table{X: []float32{1, 2}, Y: []int32{0, 0}, Targets: []float32{0, nan}, Features: 1, Classes: 1}, "row 1: the label NaN"},
		{"nan", data.Table{X: []float32{1, 2, 3, nan}, Y: []int32{0, 0}, Features: 2, Classes: 1}, "row 1, feature 1"},
	} {
		err := c.table.Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestDigestTellsTablesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tables(1).Draw(t, "table")
		same := table.Select(nil)
		same.X, same.Y = slices.Clone(table.X), slices.Clone(table.Y)
		if data.Digest(table) != data.Digest(same) {
			t.Fatal("equal tables have different digests")
		}
		switch rapid.IntRange(0, 3).Draw(t, "change") {
		case 0:
			i := rapid.IntRange(0, len(same.X)-1).Draw(t, "i")
			same.X[i] = math.Float32frombits(math.Float32bits(same.X[i]) ^ 1)
		case 1:
			same.Y[rapid.IntRange(0, len(same.Y)-1).Draw(t, "i")]++
		case 2:
			same.Classes++
		case 3:
			same.Features++
		}
		if data.Digest(table) == data.Digest(same) {
			t.Fatal("different tables have the same digest")
		}
	})
}
