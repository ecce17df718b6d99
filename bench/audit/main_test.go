package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/spec"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--json", "--seeds", "3", "--only", "client laplace"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := (options{seeds: 3, only: "client laplace", json: true}); o != want {
		t.Errorf("%+v, want %+v", o, want)
	}
	var names []string
	for _, s := range o.settings() {
		names = append(names, s.String())
	}
	if diff := cmp.Diff([]string{"local client laplace", "central client laplace"}, names); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	for flags, want := range map[string]string{
		"--seeds 0":   "at least 1",
		"--only none": "no setting",
		"local":       "flags only",
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(flags), &said); err == nil || !strings.Contains(said.String(), want) {
			t.Errorf("%s: %q, want %q", flags, said.String(), want)
		}
	}
}

// TestResidualsDetectTooLittleNoise: with few canaries, in each mode, unit and kind, the
// residual test detects noise of 0.7 and of half the stated scale, and accepts noise of the
// stated scale. The audited values are also those that the public model shows.
func TestResidualsDetectTooLittleNoise(t *testing.T) {
	for _, s := range settings() {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			s.canaries, s.runs, s.guesses = 500, 1, 50
			if s.unit == spec.UnitClient {
				s.trainers = s.canaries
			}
			results, err := s.measure(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []int{0, 1, 1} {
				if r := results[i]; r.Residual != want || r.Caught != 0 && want == 0 || r.Coordinates < 1000 {
					t.Errorf("got %+v: want %d detected by residuals", r, want)
				}
			}
		})
	}
}

func TestReport(t *testing.T) {
	r := result{Mode: "local", Unit: "client", Kind: "laplace", Scale: 0.5, Seeds: 20, Residual: 20, Coordinates: 4000, Test: "Steinke", Caught: 19, Runs: 2, Canaries: 1000, Guesses: 600, Right: 0.8}
	var line, object strings.Builder
	if err := r.print(&line, false); err != nil || !strings.Contains(line.String(), "20/20") || !strings.Contains(line.String(), "19/20") {
		t.Errorf("%q (%v)", line.String(), err)
	}
	var back result
	if err := r.print(&object, true); err != nil || json.Unmarshal([]byte(object.String()), &back) != nil || back != r {
		t.Errorf("%q (%v)", object.String(), err)
	}
}
