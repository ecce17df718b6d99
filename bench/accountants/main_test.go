package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--rounds", "3", "--python", "p"}, io.Discard)
	if want := (options{rounds: 3, python: "p"}); o != want || err != nil {
		t.Errorf("%+v, %v, want %+v", o, err, want)
	}
	for flags, want := range map[string]string{"--rounds 0": "--rounds 0: want at least 1", "pld": "flags only"} {
		var said strings.Builder
		if _, err := parse(strings.Fields(flags), &said); err == nil || !strings.Contains(said.String(), want) {
			t.Errorf("%s: %q, want %q", flags, said.String(), want)
		}
	}
}

func TestDifferentEpsilonsAreAnError(t *testing.T) {
	same := slices.Repeat([]figure{{Epsilon: 2, Time: time.Millisecond}}, len(columns()))
	rows := []row{{settings()[0], same}}
	if err := agree(rows); err != nil {
		t.Error(err)
	}
	for _, ours := range []int{0, 1} {
		other := slices.Clone(same)
		other[ours].Epsilon = 2.01
		if err := agree([]row{{settings()[0], other}}); err == nil || !strings.Contains(err.Error(), columns()[ours]+" says 2.01") {
			t.Errorf("%s: %v", columns()[ours], err)
		}
	}
	if got := table(rows); !strings.Contains(got, "| 2.0000 (1.0) |") {
		t.Errorf("the table:\n%s", got)
	}
}

// TestPeers compares with the other programs. It is skipped if they are not installed.
func TestPeers(t *testing.T) {
	python := filepath.Join("../..", folder, "bin", "python")
	others, err := start(t.Context(), python)
	if err != nil {
		t.Skipf("no peers: %v", err)
	}
	rows, err := contest(t.Context(), settings()[7:], 1, others)
	if err != nil {
		t.Fatal(err)
	}
	if err := agree(rows); err != nil {
		t.Error(err)
	}
	if err := others.Close(); err != nil {
		t.Error(err)
	}
}
