package main

import (
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/bench/plot"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--models", "16", "--out", "docs"}, io.Discard)
	if want := (options{models: 16, out: "docs"}); o != want || err != nil {
		t.Errorf("%+v, %v, want %+v", o, err, want)
	}
	for flags, want := range map[string]string{"--models 2": "at least 8", "rows": "flags only"} {
		var said strings.Builder
		if _, err := parse(strings.Fields(flags), &said); err == nil || !strings.Contains(said.String(), want) {
			t.Errorf("%s: %q, want %q", flags, said.String(), want)
		}
	}
}

// TestAttackInversion: without noise, one step reveals the row to the pixel; with an epsilon of
// 8 it reveals nothing of the row.
func TestAttackInversion(t *testing.T) {
	rows, _, err := digits()
	if err != nil {
		t.Fatal(err)
	}
	shown, all, err := inversions(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		sum := 0.0
		for row, likeness := range i.likeness {
			if i.name == "without noise" && likeness < 0.9999 {
				t.Errorf("row %d without noise: likeness %.6f, want 1", row, likeness)
			}
			sum += likeness / float64(len(i.likeness))
		}
		if i.name != "without noise" && math.Abs(sum) > 0.2 {
			t.Errorf("%s: likeness %.3f, want about 0", i.name, sum)
		}
	}
	if err := gallery(shown, all).WriteSVG(io.Discard); err != nil {
		t.Error(err)
	}
}

// TestAttackMembership: without noise the attack finds members with few false accusations. With
// an epsilon of 1 it finds no more than the guarantee allows.
func TestAttackMembership(t *testing.T) {
	rows, holdout, err := digits()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := memberships(t.Context(), 32, rows, holdout, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if got := found(lines[0].Points, 0.01); got < 0.04 {
		t.Errorf("without noise the attack finds only %.3f of the members at a false positive rate of 0.01", got)
	}
	if got, most := found(lines[2].Points, 0.1), math.E*0.1+delta; got > most {
		t.Errorf("with epsilon 1 the attack finds %.3f of the members at a false positive rate of 0.1: want at most %.3f", got, most)
	}
}

func TestCurve(t *testing.T) {
	got := curve([]guess{{1, false}, {3, true}, {2, true}, {2, false}})
	want := []plot.Point{{X: 0, Y: 0.5}, {X: 0.5, Y: 1}, {X: 1, Y: 1}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if f := found(got, 0.7); f != 1 {
		t.Errorf("found %v", f)
	}
}
