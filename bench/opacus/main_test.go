package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--seeds", "3", "--python", "p"}, io.Discard)
	if want := (options{seeds: 3, python: "p"}); o != want || err != nil {
		t.Errorf("%+v, %v, want %+v", o, err, want)
	}
	for flags, want := range map[string]string{"--seeds 0": "--seeds 0: want at least 1", "softmax": "flags only"} {
		var said strings.Builder
		if _, err := parse(strings.Fields(flags), &said); err == nil || !strings.Contains(said.String(), want) {
			t.Errorf("%s: %q, want %q", flags, said.String(), want)
		}
	}
}

// TestMisses: each missed target has a line.
func TestMisses(t *testing.T) {
	all, err := settings()
	if err != nil {
		t.Fatal(err)
	}
	good := result{
		setting: all[0].name, ours: side{"ours", []float64{0.9}, []float64{200}}, made: time.Second,
		theirs:   []side{{"opacus hooks", []float64{0.89, 0.9}, []float64{100}}, {"opacus ghost", []float64{0.9}, []float64{160}}},
		ourPrice: price{rdp: 8, pld: 7.35, ledger: 8.1}, rdp: 8, prv: 7.36,
	}
	if got := good.misses(); len(got) != 0 {
		t.Errorf("missed: %q", got)
	}
	if text := tables([]result{good}); !strings.Contains(text, "| opacus ghost | 0.900 (0.900 to 0.900) | 160 | 1.2 times as fast |") || !strings.Contains(text, "| 8.0000 | 8.0000 | 7.3500 | 7.3600 | 8.1000 | 1000 |") {
		t.Errorf("the tables:\n%s", text)
	}
	bad := good
	bad.ours = side{"ours", []float64{0.88}, []float64{150}}
	bad.ourPrice = price{rdp: 8.01, pld: 7.5}
	said := strings.Join(bad.misses(), "\n")
	for _, want := range []string{"accuracy 0.880", "by RDP", "by PLD", "1.50 times"} {
		if !strings.Contains(said, want) {
			t.Errorf("no line contains %s:\n%s", want, said)
		}
	}
}

// TestOursLearns: our side learns in few steps. It needs no Opacus.
func TestOursLearns(t *testing.T) {
	all, err := settings()
	if err != nil {
		t.Fatal(err)
	}
	s := all[1]
	s.steps = 20
	o, err := newOurs(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.train(t.Context(), 1)
	if err != nil || got.accuracy < 0.8 || got.took <= 0 {
		t.Errorf("accuracy %.3f in %s, %v", got.accuracy, got.took, err)
	}
	if p, err := o.costs(); err != nil || p.pld >= p.rdp || p.ledger < p.pld || p.rdp < 1 {
		t.Errorf("costs %+v, %v", p, err)
	}
}

// TestOpacus compares with Opacus. It is skipped if Opacus is not installed.
func TestOpacus(t *testing.T) {
	peer, err := start(t.Context(), filepath.Join("../..", folder, "bin", "python"))
	if err != nil {
		t.Skipf("no Opacus: %v", err)
	}
	all, err := settings()
	if err != nil {
		t.Fatal(err)
	}
	s := all[1]
	s.steps = 20
	r, err := measure(t.Context(), s, 1, peer, []string{hooks, ghost})
	if err != nil {
		t.Fatal(err)
	}
	for _, missed := range r.misses() {
		if strings.Contains(missed, "epsilon") {
			t.Error(missed)
		}
	}
	for _, other := range r.theirs {
		if d := other.accuracies[0] - r.ours.accuracies[0]; d > 0.1 || d < -0.1 {
			t.Errorf("accuracy %.3f, of %s %.3f", r.ours.accuracies[0], other.name, other.accuracies[0])
		}
	}
	if err := peer.Close(); err != nil {
		t.Error(err)
	}
}
