package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func example(rate float64, rounds int, curve ...float64) trial {
	return trial{
		setting: setting{twoNN, iid, row{1, 10}}, Rate: ppm(rate), Seed: 1, Arithmetic: "fused",
		Target: ppm(0.85), Cap: rounds, Seconds: 1.5, Curve: curve,
	}
}

func mustOpen(t *testing.T, path string) *record {
	t.Helper()
	r, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLogGoesOnAfterACut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs.jsonl")
	first, second := example(0.1, 100, 0.1, 0.9), example(0.2, 100, 0.1, 0.5)
	second.Diverged = "the loss is NaN"
	r := mustOpen(t, path)
	for _, one := range []trial{first, second} {
		if err := r.add(one); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(whole, `{"model":"2n`...), 0o644); err != nil {
		t.Fatal(err)
	}
	r = mustOpen(t, path)
	if diff := cmp.Diff([]trial{first, second}, r.trials, cmp.AllowUnexported(trial{}, setting{})); diff != "" {
		t.Errorf("after the cut (-want +got):\n%s", diff)
	}
	third := example(0.3, 100, 0.1)
	if err := r.add(third); err != nil {
		t.Fatal(err)
	}
	if r = mustOpen(t, path); len(r.trials) != 3 || !r.trials[2].same(third) {
		t.Errorf("after the cut and another trial there are %d", len(r.trials))
	}
}

func TestLogRefusesWhatItDidNotWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs.jsonl")
	if err := os.WriteFile(path, []byte("{}\nnot a trial\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := open(path); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v: want an error that names line 2", err)
	}
}

func TestFindKnowsWhatIsFinished(t *testing.T) {
	reached, short, diverged := example(0.1, 20, 0.1, 0.9), example(0.2, 20, 0.1, 0.5), example(0.3, 20, 0.1)
	diverged.Diverged = "the loss is NaN"
	r := &record{trials: []trial{reached, short, diverged}}
	strict := example(0.1, 20)
	strict.Arithmetic = "strict"
	otherRow := example(0.1, 20)
	otherRow.Epochs = 20
	for name, c := range map[string]struct {
		wanted trial
		found  bool
	}{
		"reached":             {example(0.1, 1000), true},
		"as many rounds":      {example(0.2, 20), true},
		"more rounds":         {example(0.2, 21), false},
		"diverged":            {example(0.3, 1000), true},
		"another rate":        {example(0.4, 20), false},
		"another arithmetic":  {strict, false},
		"another row":         {otherRow, false},
		"fewer rounds wanted": {example(0.2, 5), true},
	} {
		if _, ok := r.find(c.wanted); ok != c.found {
			t.Errorf("%s: found is %v: want %v", name, ok, c.found)
		}
	}
}

// TestFilesAreCheckedFirst: a log or a picture that cannot be written is an error before the
// data set is read.
func TestFilesAreCheckedFirst(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "none", "file")
	for _, flag := range []string{"--out", "--plot"} {
		o, err := parse([]string{flag, nowhere, "--data", nowhere}, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), o, io.Discard, io.Discard); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "data set") {
			t.Errorf("%s: %v", flag, err)
		}
	}
}
