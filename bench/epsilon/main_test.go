package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/spec"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"--only", "digits,clients", "--epsilons", "0.5,8", "--seeds", "2", "--trials", "f"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]any{[]string{"digits", "clients"}, []float64{0.5, 8}, 2, "f"}, []any{o.only, o.epsilons, o.seeds, o.trials}); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for flags, want := range map[string]string{
		"--only mnist":   "want digits, fashion, clients or none",
		"--epsilons 0":   "from 0.01 to 100",
		"--epsilons 1,x": "from 0.01 to 100",
		"--seeds 0":      "--seeds 0: want at least 1",
		"digits":         "flags only",
	} {
		var said strings.Builder
		if _, err := parse(strings.Fields(flags), &said); err == nil || !strings.Contains(said.String(), want) {
			t.Errorf("%s: %q, want %q", flags, said.String(), want)
		}
	}
}

// Each mode is a task that the network accepts at every epsilon, and spends nearly all of it.
func TestModesAreTasks(t *testing.T) {
	f := federation{name: digits, features: 64, trainers: make([]data.Table, 1)}
	f.trainers[0].Y = make([]int32, 1438)
	for _, m := range append(fewModes(), clientModes()...) {
		for _, epsilon := range []float64{0.1, 1, 8} {
			asked, limit, err := m.task(f, epsilon, 1)
			if err != nil {
				t.Errorf("%s, epsilon %v: %v", m.name, epsilon, err)
				continue
			}
			if !asked.Private() {
				continue
			}
			noise := asked.Privacy.Noise
			asked.Privacy.Noise -= noise / 100
			if err := calibrate(&asked, &limit); err != nil || asked.Privacy.Noise != noise {
				t.Errorf("%s, epsilon %v: noise %s and %s, %v", m.name, epsilon, noise, asked.Privacy.Noise, err)
			}
		}
	}
}

// TestTrialsAreKept: a trial is run only once, and tables and picture show all trials.
func TestTrialsAreKept(t *testing.T) {
	folder := t.TempDir()
	o := options{
		only: []string{"digits"}, epsilons: []float64{8}, seeds: 1,
		trials: filepath.Join(folder, "trials"), plot: filepath.Join(folder, "plot.svg"),
	}
	before := record{Group: "digits", Mode: "local", Epsilon: 8, Seed: 1, Accuracy: 0.125}
	if err := before.append(o.trials); err != nil {
		t.Fatal(err)
	}
	all, err := readRecords(o.trials)
	if err != nil {
		t.Fatal(err)
	}
	g := groups("")[0]
	g.modes = append(g.modes[:1:1], g.modes[2], g.modes[5]) // none, central, and local, which was tried
	var log strings.Builder
	if all, err = g.run(t.Context(), o, all, &log); err != nil {
		t.Fatal(err)
	}
	if kept, err := readRecords(o.trials); err != nil || len(all) != 3 || cmp.Diff(all, kept) != "" || strings.Contains(log.String(), "local") {
		t.Errorf("%d trials, kept are %+v, %v\n%s", len(all), kept, err, log.String())
	}
	for _, r := range all[1:] {
		if r.Accuracy < 0.85 {
			t.Errorf("%s: accuracy %.3f", r.Mode, r.Accuracy)
		}
	}
	if text := tables(all); !strings.Contains(text, "| local | 0.125 |") {
		t.Errorf("the tables:\n%s", text)
	}
	if err := draw(o.plot, all); err != nil {
		t.Error(err)
	}
	if picture, err := os.ReadFile(o.plot); err != nil || !strings.Contains(string(picture), "digits, 10 trainers") {
		t.Errorf("the picture: %v", err)
	}
}

// TestManyProtectEachOther: if whole data sets are protected, the noise of a sum is the same
// for any number of trainers. So 200 trainers learn the digits, and 10 do not.
func TestManyProtectEachOther(t *testing.T) {
	reached := map[int]float64{}
	for _, trainers := range []int{10, 200} {
		f, err := digitsOf(trainers)
		if err != nil {
			t.Fatal(err)
		}
		m := mode{"central, clients", trainers, func(t *spec.TaskSpec, _ int) { clients(t, trainers) }}
		if reached[trainers], err = trial(t.Context(), f, m, 8, 1); err != nil {
			t.Fatal(err)
		}
	}
	if t.Logf("accuracy %v", reached); reached[200] < 0.8 || reached[10] > 0.7 {
		t.Errorf("accuracy %v: want 0.8 with 200 trainers, and not with 10", reached)
	}
}
