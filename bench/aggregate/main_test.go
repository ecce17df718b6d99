package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/bench/flwr"
	"github.com/althing-network/althing/spec"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--json", "--rounds", "3", "--python", "p", "--updates", "5"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := (options{parameters: 4_000_000, updates: 5, rounds: 3, json: true, python: "p"}); o != want {
		t.Errorf("%+v, want %+v", o, want)
	}
	for _, c := range []struct{ flags, want string }{
		{"--parameters 1000", "--parameters 1000: want a multiple of 1000, at least 2000"},
		{"--parameters 12345", "want a multiple"},
		{"--updates 0", "--updates 0: want 1 to 256"},
		{"--updates 257", "--updates 257: want 1 to 256"},
		{"--rounds 0", "--rounds 0: want at least 1"},
		{"--peak -1", "--peak -1: want at least 0"},
		{"memory", "flags only"},
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(c.flags), &said); err == nil || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: %q, want %q", c.flags, said.String(), c.want)
		}
	}
}

// small is a round with few parameters and updates.
func small(t *testing.T) work {
	t.Helper()
	w, err := newWork(3*classes, 4)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestStoredIsWhatMemoryIs: the aggregator stores the same model that is computed in memory.
func TestStoredIsWhatMemoryIs(t *testing.T) {
	w := small(t)
	n, err := newAggregator(t.Context(), w, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := n.stored(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	weights, err := w.next()
	if err != nil {
		t.Fatal(err)
	}
	file := w.base
	file.Weights = weights
	want, err := file.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if has, err := n.tools.Store.Has(t.Context(), want); err != nil || !has {
		t.Errorf("model %s is stored: %v, %v", want.Short(), has, err)
	}
}

func TestIngestKeepsEveryUpdate(t *testing.T) {
	n, err := newAggregator(t.Context(), small(t), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := n.ingest(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, b := range n.updates {
			kept, err := os.ReadFile(filepath.Join(n.arrivals(), "blobs", spec.DigestOf(b).String()))
			if err != nil || !bytes.Equal(kept, b) {
				t.Errorf("%d bytes of %d, %v", len(kept), len(b), err)
			}
		}
		if err := n.clear(); err != nil {
			t.Fatal(err)
		}
	}
	n.updates[2] = n.updates[1]
	if err := n.ingest(t.Context()); err == nil {
		t.Error("the update of another node is accepted: want an error")
	}
}

func TestAgreementIsChecked(t *testing.T) {
	w := small(t)
	weights := make([]float32, len(w.base.Weights))
	b := make([]byte, 4*len(weights))
	if err := agree(weights, b); err != nil {
		t.Error(err)
	}
	b[4*7+3] = 0x3f // 0.5
	if err := agree(weights, b); err == nil || !strings.Contains(err.Error(), "weight 7 is 0 here and 0.5 in Flower") {
		t.Errorf("error %v", err)
	}
	if err := agree(weights, b[1:]); err == nil {
		t.Error("a weight with only three bytes is accepted: want an error")
	}
}

func TestMeasured(t *testing.T) {
	ms := func(times ...int) (all []time.Duration) {
		for _, t := range times {
			all = append(all, time.Duration(t)*time.Millisecond)
		}
		return all
	}
	got := turns{ours: ms(10, 20, 40), flower: ms(40, 40, 40), read: ms(5, 5, 10)}.measured(memory, 2, 1e8)
	want := measurement{What: memory, Cores: 2, Ours: 5, Flower: 2.5, Read: 20, Ratio: 2, Low: 1, High: 4}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	peaks := []peak{{"peak", 8, 60}, {"peak", 512, 66}}
	var said bytes.Buffer
	if err := report(&said, true, []measurement{got}, peaks); err != nil {
		t.Fatal(err)
	}
	lines := `{"what":"memory","cores":2,"gb_per_s":5,"flower_gb_per_s":2.5,"read_gb_per_s":20,"ratio":2,"low":1,"high":4}
{"what":"peak","updates":8,"peak_mib":60}
{"what":"peak","updates":512,"peak_mib":66}
`
	if d := cmp.Diff(lines, said.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	said.Reset()
	if err := report(&said, false, []measurement{got}, peaks); err != nil || !strings.Contains(said.String(), "512 updates: 66 MiB at most") {
		t.Errorf("%s, %v", said.String(), err)
	}
	var reached []string
	for _, target := range targets([]measurement{got}, peaks) {
		reached = append(reached, target.String())
	}
	if d := cmp.Diff([]string{
		"memory, cores 2, to Flower in memory: at least 2.5: 2.00, missed",
		"smallest peak memory to the largest: at least 0.9: 0.91, reached",
	}, reached); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestPeak(t *testing.T) {
	var said bytes.Buffer
	if err := combineOnly(3, 2*classes, &said); err != nil || strings.TrimSpace(said.String()) == "" {
		t.Errorf("%q, %v", said.String(), err)
	}
}

func TestMissingPython(t *testing.T) {
	_, err := findFlower(t.Context(), "/no/such/python", io.Discard)
	if !errors.Is(err, flwr.ErrMissing) || !strings.Contains(err.Error(), "/no/such/python") {
		t.Errorf("error %v, want %v", err, flwr.ErrMissing)
	}
}

// TestFlower: Flower and the aggregator compute the same model, and a difference is found.
func TestFlower(t *testing.T) {
	f, err := startFlower(t.Context(), filepath.Join("../..", flwr.Folder, "bin", "python"))
	if errors.Is(err, flwr.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	w := small(t)
	if err := w.give(f, t.TempDir()); err != nil {
		t.Error(err)
	}
	for _, ask := range []string{"aggregate", "ingest"} {
		if took, function, err := f.exchange(question{Ask: ask}); err != nil || took <= 0 || function == "" {
			t.Errorf("%s: %s takes %s, %v", ask, function, took, err)
		}
	}
	w.base.Weights[5]++ // after Flower was given the models
	if err := w.compare(f, t.TempDir()); err == nil || !strings.Contains(err.Error(), "weight 5") {
		t.Errorf("a changed weight of the base model: got error %v, want one about weight 5", err)
	}
	if _, _, err := f.exchange(question{Ask: "load", Folder: "/no/such/folder", Samples: w.samples}); err == nil {
		t.Error("a folder that does not exist was loaded: want an error")
	}
}
