package main

import (
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--trainers", "4,16", "--seeds", "3", "--json", "--out", "d"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(options{trainers: []int{4, 16}, rounds: 100, seeds: 3, out: "d", json: true}, o, cmp.AllowUnexported(options{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for flags, want := range map[string]string{
		"--trainers 4,x": `--trainers "4,x"`,
		"--trainers 0":   "above 0",
		"--seeds 0":      "at least 1",
		"--rounds -1":    "at least 1",
		"--loud":         "not defined",
		"more":           "flags only",
	} {
		if _, err := parse(strings.Fields(flags), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", flags, err, want)
		}
	}
}

func TestSettings(t *testing.T) {
	var got []setting
	for _, s := range settings([]int{1, 2, 16}) {
		if s.Epochs == 5 {
			got = append(got, s)
		}
	}
	if diff := cmp.Diff([]setting{{1, 1, 5}, {2, 2, 5}, {16, 16, 5}, {2, 1, 5}, {16, 4, 5}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRun: the output has one JSON object per curve and line, and there are four plots with the
// right names.
func TestRun(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "plots")
	o := options{trainers: []int{1, 4}, rounds: 3, seeds: 2, out: folder, json: true}
	var out strings.Builder
	if err := run(t.Context(), o, &out, &bar{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3*4 {
		t.Errorf("%d lines, want 3 curves for 4 kinds of work:\n%s", len(lines), out.String())
	}
	fields := strings.Fields("bound drawn eta inside l leaves leaves_tight local_epochs mean mu rounds seeds sigma2 start tight_bound trainers")
	for _, line := range lines {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fields, slices.Sorted(maps.Keys(object))); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		if object["inside"] != true || object["leaves"] != nil {
			t.Errorf("a curve leaves the bounds in 3 rounds: %s", line)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	charts := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, title := range []string{"1 trainer<", "4 trainers<", "4 trainers, 1 in a round<"} {
			if strings.Contains(string(b), title) {
				charts[f.Name()] += title
			}
		}
	}
	if diff := cmp.Diff(map[string]string{
		"theory-steps-all.svg":      "1 trainer<4 trainers<",
		"theory-epochs-all.svg":     "1 trainer<4 trainers<",
		"theory-steps-quarter.svg":  "4 trainers, 1 in a round<",
		"theory-epochs-quarter.svg": "4 trainers, 1 in a round<",
	}, charts); diff != "" {
		t.Errorf("plots (-want +got):\n%s", diff)
	}
	o.json, o.out, o.trainers = false, "", []int{3}
	if err := run(t.Context(), o, io.Discard, &bar{}); err == nil || !strings.Contains(err.Error(), "a number of trainers that divides 448") {
		t.Errorf("3 trainers: %v, want an error about 448 rows", err)
	}
}

func TestLines(t *testing.T) {
	at := func(n int) *int { return &n }
	r := result{setting: setting{64, 16, 20}, Sigma2: 0.5, Mean: 1e-5, Tight: 0.25, Bound: 12.5, Inside: true}
	for want, r := range map[string]result{
		"one step":                             {},
		"      64     16  20 epochs       0.5": r,
		"yes":                                  r,
		"no, leaves the tighter in round 7":    {LeavesTight: at(7)},
		"no, leaves both by round 9":           {LeavesTight: at(7), Leaves: at(9)},
	} {
		if got := r.String(); !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
