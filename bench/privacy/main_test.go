package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--json", "--rounds", "3", "--slice", "1ms", "--parameters", "7"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := (options{rounds: 3, slice: time.Millisecond, parameters: 7, json: true}); o != want {
		t.Errorf("%+v, want %+v", o, want)
	}
	for flags, want := range map[string]string{
		"--rounds 0":              "at least 1",
		"--slice 0s":              "more than 0s",
		"--parameters 0":          "1 to 2^24",
		"--parameters 1000000000": "1 to 2^24",
		"update":                  "flags only",
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(flags), &said); err == nil || !strings.Contains(said.String(), want) {
			t.Errorf("%s: %q, want %q", flags, said.String(), want)
		}
	}
}

// TestContestsDrawTheirLaws: both sides of every contest draw samples with the right variance,
// and each contest has a line of output.
func TestContestsDrawTheirLaws(t *testing.T) {
	all, err := contests(100)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	var results []result
	for _, c := range all {
		kinds[c.what]++
		if c.what == "table" {
			continue // it takes long
		}
		r, err := c.measure(t.Context(), options{rounds: 1, slice: 1})
		if err != nil {
			t.Errorf("%s, %s: %v", c.what, c.of, err)
		}
		results = append(results, r)
	}
	if diff := cmp.Diff(map[string]int{"samples": 6, "exact": 2, "table": 6, "update": 1}, kinds); diff != "" {
		t.Errorf("contests (-want +got):\n%s", diff)
	}
	var lines, text strings.Builder
	if err := report(&lines, true, results); err != nil {
		t.Fatal(err)
	}
	var last result
	for line := range strings.Lines(lines.String()) {
		last = result{}
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatal(err)
		}
	}
	if last.What != "update" || last.Of != skellam().String() || last.Target != 10 || last.Ours <= 0 || last.Plain <= 0 {
		t.Errorf("the last line is %+v", last)
	}
	if err := report(&text, false, results); err != nil || strings.Count(text.String(), "\n") != len(results)+1 {
		t.Errorf("%v\n%s", err, text.String())
	}
	wrong := all[0] // draws another law than it says: an error, not a figure
	wrong.variance *= 10
	if _, err := wrong.measure(t.Context(), options{rounds: 1, slice: 1}); err == nil || !strings.Contains(err.Error(), "variance") {
		t.Errorf("%v, want an error about the variance", err)
	}
}
