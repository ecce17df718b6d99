package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

func TestFlags(t *testing.T) {
	o, err := parse(strings.Fields("--only iris,wine --splits 3 --demo --trials t --plot p"), io.Discard)
	if err != nil || !slices.Equal(o.only, []string{"iris", "wine"}) || o.splits != 3 || !o.demo || o.trials != "t" || o.plot != "p" {
		t.Errorf("%+v, %v", o, err)
	}
	for flags, want := range map[string]string{"--splits 0": "--splits 0: want at least 1", "--only cars": "want some of iris,", "iris": "flags only"} {
		var said strings.Builder
		if _, err := parse(strings.Fields(flags), &said); err == nil || !strings.Contains(said.String(), want) {
			t.Errorf("%s: %q, want %q", flags, said.String(), want)
		}
	}
}

// TestStudent compares with tables of Student's t.
func TestStudent(t *testing.T) {
	for freedom, want := range map[float64]float64{5: 2.5706, 9: 2.2622, 19: 2.0930, 99: 1.9842} {
		if got := student(freedom); math.Abs(got-want) > 3e-3 {
			t.Errorf("%v degrees of freedom: %.4f, want %.4f", freedom, got, want)
		}
	}
	if m, within := mean([]float64{1, 2, 3, 4, 5, 6}); m != 3.5 || math.Abs(within-1.9633) > 3e-3 {
		t.Errorf("mean %.4f, within %.4f", m, within)
	}
}

// TestMissed: each missed target has a line. Small data sets have a lower target.
func TestMissed(t *testing.T) {
	all := []record{
		{Set: "iris", Way: inSimulator, Split: 1, Rows: 120, Held: 30, Ours: 0.9, Theirs: 0.93, Curve: []float64{0.8, 0.9}},
		{Set: "iris", Way: inSimulator, Split: 2, Rows: 120, Held: 30, Ours: 0.9, Theirs: 0.93, Curve: []float64{0.8, 0.9}},
		{Set: "digits", Way: inSimulator, Split: 1, Rows: 1438, Held: 359, Ours: 0.9, Theirs: 0.93, Curve: []float64{0.8, 0.9}},
		{Set: "wine", Way: inDemo, Split: 1, Rows: 120, Held: 58, Ours: 0.9, Theirs: 0.95, Seconds: 12},
	}
	want := []string{
		"digits, simulator: 3.00 points below scikit-learn: want at most 2",
		"wine, demo: 5.00 points below scikit-learn: want at most 4",
	}
	if got := missed(all); !slices.Equal(got, want) {
		t.Errorf("missed %q, want %q", got, want)
	}
	text := tables(all)
	for _, want := range []string{
		"| iris | 120 | 30 | 2 | 0.900 | 0.930 | -3.00 (-3.00 to -3.00) | at least -4 |\n",
		"| wine | 120 | 58 | 0.900 | 0.950 | -5.00 | 12.0 |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q in\n%s", want, text)
		}
	}
}

// TestRecords: records are read as they were written, and no trial is run twice.
func TestRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	want := record{Set: "iris", Way: inSimulator, Split: 3, Rows: 120, Held: 30, Ours: 0.9, Theirs: 0.93, Curve: []float64{0.8, 0.9}}
	if err := want.append(path); err != nil {
		t.Fatal(err)
	}
	all, err := readRecords(path)
	if err != nil || len(all) != 1 || fmt.Sprint(all[0]) != fmt.Sprint(want) {
		t.Fatalf("%+v, %v", all, err)
	}
	if recorded := (record{Set: "iris", Way: inSimulator, Split: 3}); !recorded.in(all) {
		t.Error("the recorded trial would run again")
	}
	if other := (record{Set: "iris", Way: inSimulator, Split: 4}); other.in(all) {
		t.Error("a trial with another split counts as recorded")
	}
}

// made is a table of two classes, or of a number, that a model of one layer can learn.
func made(t *testing.T, regression bool) table {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "made.csv")
	b := []byte("size,colour,target\n")
	for range 200 {
		size, colour := 1e6*random.NormFloat64(), []string{"red", "blue"}[random.IntN(2)]
		label := fmt.Sprint(size > 0)
		if regression {
			label = fmt.Sprintf("%.3f", 3*size+1e5*random.NormFloat64())
		}
		b = fmt.Appendf(b, "%.1f,%s,%s\n", size, colour, label)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := open(set{name: "made", says: data.Options{Regression: &regression}}, path)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestSplit: every row is in exactly one part, and the files for scikit-learn have the same
// rows.
func TestSplit(t *testing.T) {
	for _, regression := range []bool{false, true} {
		m := made(t, regression)
		f, err := m.split(1)
		if err != nil {
			t.Fatal(err)
		}
		seen := slices.Clone(f.holdout.Index)
		for _, part := range f.trainers {
			seen = append(seen, part.Index...)
			if (part.Targets != nil) != regression {
				t.Errorf("regression %t: %d targets", regression, len(part.Targets))
			}
		}
		slices.Sort(seen)
		if len(seen) != 200 || len(slices.Compact(seen)) != 200 {
			t.Errorf("the parts have %d rows, %d different ones", len(seen), len(slices.Compact(seen)))
		}
		reopened, err := open(m.set, f.files[1])
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.holdout.Rows() {
			if !slices.Equal(reopened.rows.Row(i), f.holdout.Row(i)) || reopened.rows.Y[i] != f.holdout.Y[i] {
				t.Fatalf("row %d of the file is %v, held out is %v", i, reopened.rows.Row(i), f.holdout.Row(i))
			}
		}
		if err := reopened.asked.Schema.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// TestSimulate: a task learns its rows. The first round only measures them.
func TestSimulate(t *testing.T) {
	for _, regression := range []bool{false, true} {
		m := made(t, regression)
		f, err := m.split(1)
		if err != nil {
			t.Fatal(err)
		}
		curve, err := m.simulate(t.Context(), f, 1)
		if err != nil {
			t.Fatal(err)
		}
		if want := int(spec.SuggestTask("", m.asked).Target.Rounds); len(curve) != want || curve[want-1] < 0.95 {
			t.Errorf("regression %t: %d rounds, the last reaches %.3f: want %d, and 0.95", regression, len(curve), curve[len(curve)-1], want)
		}
	}
}

// TestPeer compares with scikit-learn. It is skipped if scikit-learn is not installed.
func TestPeer(t *testing.T) {
	peer, err := start(t.Context(), filepath.Join("../..", folder, "bin", "python"))
	if err != nil {
		t.Skipf("no scikit-learn: %v", err)
	}
	dir := t.TempDir()
	for _, s := range sets() {
		read, err := read(s, peer, dir)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		f, err := read.split(1)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		score, err := peer.score(f.files[:1], f.files[1:], read.asked.Schema.Label, read.regression())
		if err != nil || score < 0.3 {
			t.Errorf("%s: %.3f, %v", s.name, score, err)
		}
	}
	if err := peer.Close(); err != nil {
		t.Error(err)
	}
}
